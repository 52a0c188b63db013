"""`hubsmith map`: reading a table, making a call for each row, writing the results."""
