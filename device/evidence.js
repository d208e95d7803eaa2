// What is remembered of what one account wrote to another: the rows `words` and `indicators` of the
// ledger (fieldfare.contacts.sql.ledger). Sums, minima and maxima: parts merge in any order, and no
// text is kept. Plain values, so that it can be stored as JSON.

const HOUR = 3_600_000_000;
const SUMS = [
  "messages",
  "weightSum",
  "tokens",
  "ageWeight",
  "ageWeightedSum",
  "minorAgeWeight",
  "minorAgeWeightedSum",
];

/** Nothing yet. */
export function noEvidence() {
  const found = { firstAt: null, lastAt: null, firstAgeStatedAt: null, indicators: {} };
  for (const name of SUMS) found[name] = 0;
  return found;
}

/** The evidence of one message: `found` is what `LanguageModel.annotate` gave; `sentAt` in
 * microseconds UTC. What is said before a group of more than two others is not said to one child:
 * of such messages neither token weights nor indicators count. */
export function evidenceOf(found, { sentAt, group = false }) {
  const own = noEvidence();
  own.messages = 1;
  own.firstAt = own.lastAt = sentAt;
  if (!group) {
    own.weightSum = found.weightSum;
    own.tokens = found.tokens;
  }
  if (found.statedAge !== null) {
    const sure = found.statedAgeConfidence;
    own.firstAgeStatedAt = sentAt;
    own.ageWeight = sure;
    own.ageWeightedSum = found.statedAge * sure;
    if (found.statedAge < 18) {
      own.minorAgeWeight = sure;
      own.minorAgeWeightedSum = found.statedAge * sure;
    }
  }
  const hour = Math.floor((sentAt % (24 * HOUR)) / HOUR);
  for (const id of group ? [] : found.indicators) {
    own.indicators[id] = { [hour]: { messages: 1, firstAt: sentAt, lastAt: sentAt } };
  }
  return own;
}

/** Both together: the same in any order, and however messages were dealt out. */
export function merged(one, other) {
  const whole = noEvidence();
  for (const name of SUMS) whole[name] = one[name] + other[name];
  whole.firstAt = least(one.firstAt, other.firstAt);
  whole.lastAt = most(one.lastAt, other.lastAt);
  whole.firstAgeStatedAt = least(one.firstAgeStatedAt, other.firstAgeStatedAt);
  for (const each of [one, other]) {
    for (const [id, hours] of Object.entries(each.indicators)) {
      const known = (whole.indicators[id] ??= {});
      for (const [hour, row] of Object.entries(hours)) {
        const before = known[hour];
        known[hour] = before
          ? {
              messages: before.messages + row.messages,
              firstAt: least(before.firstAt, row.firstAt),
              lastAt: most(before.lastAt, row.lastAt),
            }
          : row;
      }
    }
  }
  return whole;
}

const least = (one, other) => (one === null ? other : other === null ? one : Math.min(one, other));
const most = (one, other) => (one === null ? other : other === null ? one : Math.max(one, other));
