"""`hubsmith map`: tables in, many calls, tables out."""
