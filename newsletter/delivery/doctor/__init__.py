"""The doctor of mail: what the large providers would refuse, and how to mend it."""
