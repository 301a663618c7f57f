"""Makes what the redactor ships as data: word lists and the name tagger."""
