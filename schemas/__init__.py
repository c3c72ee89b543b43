"""The JSON Schemas that slacli ships: one for each kind of contract file, for each kind of duty, and for reports.

Those of the contract know the shape of every file: which keys it has, what each may hold, and what each means, in
words that editors show and that the page of the format is made from. `values.schema.json` holds what several files
share. Beside the standard keywords they say in `x-says` what a value should be, in `x-help` what to do, and in
`x-beside` which key another one cannot stand beside; slacli's own messages are made from these.
"""
