"""From phonemes to the mouth: what the lips do for the words that come."""
