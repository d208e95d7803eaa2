"""Signals become an assessment.

What enters: the signals of accounts (one row each) and a scorecard. What leaves: for each account
a probability at a stated base rate, a band, and reasons: the signal, its value, what it
contributed, and one plain sentence. A score decides nothing: a person does.

    scorecard     the scorecard file (TOML): bins, weights, prior, bands; read and checked
    assessment    signals × scorecard -> probabilities and bands, over Arrow tables
    reasons       one account's contributions as sentences
    simulated.toml  the default card, fitted by `fieldfare evaluate benchmark`
    judgement.toml  the card set by judgement, which gives the fit its bins
    judgement.toml  the card that fits begin from, and are shrunk to
    simulated.toml  the card fitted to simulated behaviour

To let a signal count, add its bins and its sentence to judgement.toml, and fit again.
"""
