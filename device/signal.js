// A minimal signal that may leave the device: one noised level a conversation, and no text.
// The twin of fieldfare.safeguards.device_signal. Off unless the signed tables say that the operator
// switched it on, and the user has been shown what it does; docs/device.md says what it protects.

const HOUR = 3_600_000_000;
const WEEK = 168 * HOUR;

/** A whole number from 0 to `below` - 1, each as likely: values that would favour some are thrown away.
 * `draw` gives whole numbers from 0 to 2^32 - 1. */
export function uniform(below, draw = drawn) {
  const limit = 2 ** 32 - (2 ** 32 % below);
  for (;;) {
    const value = draw();
    if (value < limit) return value % below;
  }
}

/** The level, or another in its place: the true one with `weight` chances, each other with one. That is
 * randomised response, ln(weight)-differentially private. */
export function noised(level, { weight, levels }, draw = drawn) {
  const lot = uniform(weight + levels - 1, draw);
  if (lot < weight) return level;
  const other = lot - weight;
  return other < level ? other : other + 1;
}

/** Decides what leaves the device, and remembers it. */
export class Signals {
  #policy;
  #draw;
  /** By conversation, when its signal was made; JSON, to be stored. Never leaves the device. */
  made;

  /** `nudges` of `loadTables`' tables; `made` what was remembered. */
  constructor({ nudges }, made = {}, draw = drawn) {
    this.#policy = { ...nudges.signal, levels: nudges.levels.length + 1 };
    this.#draw = draw;
    this.made = { ...made };
  }

  /** What the user is to be shown before `agreed` may be true; null where the operator has it off. */
  get policy() {
    const { on, weight, after_hours, most_a_week, levels } = this.#policy;
    if (!on) return null;
    return { levels, epsilon: Math.log(weight), afterHours: after_hours, mostAWeek: most_a_week };
  }

  /** The signal that is due for a conversation, or null. `level` is the one told last in it, 0 for
   * none; `firstAt` the time of its first message and `at` now, in microseconds UTC; `agreed`: the
   * user was shown the policy and did not object. Ask for every conversation alike, whatever its
   * level: that one is due must not depend on what was said. */
  take({ conversation, level, firstAt, at, agreed }) {
    const { on, after_hours, most_a_week } = this.#policy;
    if (!on || !agreed || Object.hasOwn(this.made, conversation)) return null;
    if (at - firstAt < after_hours * HOUR) return null;
    const lately = Object.values(this.made).filter((each) => at - each < WEEK).length;
    if (lately >= most_a_week) return null;
    this.made[conversation] = at;
    return { level: noised(level, this.#policy, this.#draw), weight: this.#policy.weight };
  }
}

function drawn() {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}
