"""Better plans for the same promises, and the record of every search, to be repeated at will."""
