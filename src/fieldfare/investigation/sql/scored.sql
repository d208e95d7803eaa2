UPDATE peers SET child_probability = s.likely, low = s.low, high = s.high,
    verdict = said.verdict,
    priority = CASE WHEN said.verdict IS NULL THEN s.priority ELSE 0 END
FROM scored AS s INNER JOIN said ON said.peer = s.peer
WHERE s.peer = peers.peer;
DELETE FROM weights;
INSERT INTO weights SELECT kind, shipped, fitted FROM learnt;
UPDATE cues SET weight = cues.amount * w.fitted FROM weights AS w WHERE w.kind = cues.kind;
