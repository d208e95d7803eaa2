// What a child is told about a conversation, on its own device: fieldfare.safeguards.nudges.
// Nothing is sent anywhere, and nothing is said of the other person.

const TEENAGER_FROM = 13;
const ADULT_FROM = 18;

/** Decides, from the tables, what is told. */
export class Nudges {
  #levels;
  #languages;
  #tags;
  #stages;

  constructor({ nudges, indicators }) {
    this.#levels = nudges.levels;
    this.#languages = nudges.languages;
    this.#tags = nudges.tags;
    this.#stages = new Map(indicators.map(({ id, stage }) => [id, stage]));
  }

  /** What to tell the child after a message; null: nothing. `evidence` is of all that the other wrote
   * to it; `shown` the level told last in this conversation, 0 for none; `child` has `age` (years, or
   * null: treated as 13 to 17), `language` (BCP 47) and `helpline` ({name, contact}), if known. */
  after(evidence, { child, connected, shown = 0 }) {
    if (child.age !== null && child.age >= ADULT_FROM) return null;
    const found = Object.keys(evidence.indicators);
    for (let level = this.#levels.length; level > shown; level--) {
      if (this.#reached(this.#levels[level - 1], evidence, found, connected)) {
        return this.#told(level, child);
      }
    }
    return null;
  }

  #reached(level, evidence, found, connected) {
    if (level.first_message && !connected && evidence.messages > 0) return true;
    if (!connected && found.some((id) => level.any.includes(id))) return true;
    const stages = new Set(found.map((id) => this.#stages.get(id)));
    const counted = level.counted.filter((stage) => stages.has(stage)).length;
    const needed = connected ? level.stages_connected : level.stages;
    return needed > 0 && counted >= needed;
  }

  #told(number, child) {
    const level = this.#levels[number - 1];
    const language = this.#resolve(child.language);
    const texts = this.#languages[language];
    const grade = child.age !== null && child.age < TEENAGER_FROM ? "under_13" : "from_13";
    const parts = [texts.children[level.text][grade], texts.ways_out[grade]];
    if (level.help) {
      const line = child.helpline;
      parts.push(
        line ? texts.help_here.replace(/\{(name|contact)\}/g, (_, key) => line[key]) : texts.help_elsewhere,
      );
    }
    return { level: number, id: level.id, text: parts.join(" "), language, actions: level.actions };
  }

  #resolve(tag) {
    const parts = (tag ?? "").slice(0, 35).toLowerCase().replaceAll("_", "-").split("-");
    for (let length = parts.length; length > 0; length--) {
      const known = parts.slice(0, length).join("-");
      if (Object.hasOwn(this.#tags, known)) return this.#tags[known];
    }
    return "en";
  }
}
