"""The third step: from the intermediate representation to the text of files."""
