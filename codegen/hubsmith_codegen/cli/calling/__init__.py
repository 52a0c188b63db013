"""`hubsmith call`: words of a shell in, one call, its progress and its result out."""
