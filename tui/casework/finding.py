"""Whether a row has the letters that somebody looks for."""


def has(words: str, *parts: str) -> bool:
    """True where each of the words stands in one of the parts, whatever its case."""
    line = "\n".join(parts).casefold()
    return all(word in line for word in words.casefold().split())
