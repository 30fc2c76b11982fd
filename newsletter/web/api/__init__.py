"""The JSON API: its operations, how each is asked and answered, and the document that tells of them."""
