"""The lab: invented worlds and invented loads, to try the system on.

What enters: a seed and a size. What leaves: files in the project's own forms (`vocabulary`).
Nothing that is kept here is real: names, ids, messages and behaviour are made up. Real corpora are
read where they are and not kept.

- `demo_world`: the small world of ``fieldfare demo``, with text in several languages. Its words
  are data (``demo_phrases.toml``), its countries too (``demo_countries.toml``). To add a
  character, write a scene in `demo_scenes` and add it to ``SCENES``.
- `simulation`: worlds of any size with who is who known, to measure detection in.
- `labelled_world`, `moments`: a world with its truth, and what detection sees of it at the moments
  it would be met in life.
- `views`, `finer_bins`: what services of several kinds see of a world, in bins finer than a card's;
- `training_rows`, `scorecard_fit`, `calibration`, `recalibration`, `fitted_card`, `scorecard_file`,
  `review_decisions`: the scorecard, fitted to worlds or again to reviewers' decisions.
- `contact_measures`, `contact_evaluation`, `robustness`, `contact_page`: how early offenders are
  found and at what cost. `contact_benchmark`, `contact_report`, `contact_worth`: all of it, from
  recorded seeds. `observed_file` and `spent` keep what it has seen, and what that took.
- `service_trials`, `service_load`: a real server as a process of its own, killed and under load.
- `crowd`: a load generator for ``fieldfare bench``: many events without text, quickly.
- `language_corpus`, `language_training`, `language_measures`, `language_evaluation`: token tables
  from a corpus of real writing (never part of the project), and how well they do. To try another
  way of training, add a field to ``Recipe`` and measure it ``--against`` the one that ships.
- `indicator_evaluation`, `obfuscation`, `obfuscation_report`: how often phrases are wrong on
  ordinary talk (`benign_texts`), what they miss, and what disguise costs. A further disguise is a
  function in ``obfuscation.KINDS``.
- `bench`: figures of speed and memory. `examples`: the page of examples.
- `head_texts`, `head_training`: what heads learn from, and how; ``taught/`` holds the sentences.
- `research`: public corpora of grooming and their official measures, on a researcher's own copy.

Neither the demo world nor the crowd is a model of how people behave; figures measured on them say
whether the machinery works and how fast it is, not how well it detects.
"""
