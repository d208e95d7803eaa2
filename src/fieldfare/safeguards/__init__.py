"""Policy and assessment become a decision at once.

What enters: a policy (TOML that a lawyer can read) and a situation: who is about to do what
towards whom, how probably each is a child, and the band of each. What leaves: a decision: deliver,
confirm, warn, withhold or limit, with reason codes, the rules that applied, and texts for the
child and for the sender. A decision is reversible and concerns one contact; it sanctions nobody.

    situation     the words: Party, Situation, Decision, Verdict
    conditions    what a rule may ask about a situation, one definition each
    rules         the words of a policy: Rule, Policy
    policy        the policy file: read, checked, known by its hash
    places        the line a key of a TOML file stands on
    decide        policy × situation -> decision, a pure function
    texts         what the child and the sender are told, by language and age
    nudges        what a child is told on its own device; ``nudges.toml`` has the levels
    franking      what was said in an encrypted message can be proved by whoever received it
    franking_encoding, franking_statement  its bytes; the operator's signed word on a report
    policy_file   the policy of a running service: re-read when the file changes
    policy.toml   the shipped policy
    texts/        one TOML file a language

To add a rule: `policy.toml`, or an operator's own file. To add something a rule may ask: a
condition in `conditions`. To add a language: a file in ``texts/``.
"""

from fieldfare.safeguards.decide import appeal_received, decide, support
from fieldfare.safeguards.policy import PolicyError, Problem, load, parse, shipped
from fieldfare.safeguards.policy_file import PolicyFile
from fieldfare.safeguards.rules import Helpline, Policy, Rule
from fieldfare.safeguards.situation import (
    ACTIONS,
    MOMENTS,
    VERDICTS,
    Action,
    Decision,
    Moment,
    Party,
    PolicyVersion,
    Situation,
    Text,
    Verdict,
)

__all__ = [
    "ACTIONS",
    "MOMENTS",
    "VERDICTS",
    "Action",
    "Decision",
    "Helpline",
    "Moment",
    "Party",
    "Policy",
    "PolicyError",
    "PolicyFile",
    "PolicyVersion",
    "Problem",
    "Rule",
    "Situation",
    "Text",
    "Verdict",
    "appeal_received",
    "decide",
    "load",
    "parse",
    "shipped",
    "support",
]
