"""What a service has to account for: figures of a period in the templates that regulators use, the
risk assessment of grooming, the card of the model in use, the data-protection impact assessment.

Everything is counted from the stores or read off the files in use. What neither has is left blank
and marked (`wording.BLANK`); nothing is estimated.
"""
