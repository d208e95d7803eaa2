// What signal.js makes of some draws, and when it makes something at all.
import { noised, Signals, uniform } from "../signal.js";

/** Draws that are given, one after the other. */
const from = (draws) => () => draws.shift();

export function check({ policy, levels, draws, lots, asked }) {
  const nudges = { signal: policy, levels: Array.from({ length: levels - 1 }) };
  const shaped = { weight: policy.weight, levels };
  const table = Array.from({ length: levels }, (_, level) => lots.map((lot) => noised(level, shaped, () => lot)));
  const signals = new Signals({ nudges }, {}, from([...draws]));
  return {
    table,
    uniform: uniform(6, from([2 ** 32 - 1, 2 ** 32 - 4, 11])),
    taken: asked.map((each) => signals.take(each)?.level ?? null),
    made: signals.made,
    shown: signals.policy,
  };
}
