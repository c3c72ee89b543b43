"""Who agreed to which text: statements, signatures and the chains that hold them together, all of it pure.

Given the files of a contract folder and a roster that is known from elsewhere, it says which versions are signed, by
whom, and what is wrong. It makes no signature, reads no file, and asks no clock.
"""
