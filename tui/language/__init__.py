"""Every visible word, in the language of the person."""
