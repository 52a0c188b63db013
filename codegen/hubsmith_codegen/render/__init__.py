"""The third step: the intermediate representation as the text of files."""
