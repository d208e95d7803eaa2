// Ages that writers state about themselves: fieldfare.language.ages, age_forms and ages_english.
// The patterns are Python's, written anew for JavaScript when the tables are made.

const YOUNGEST = 5;
const OLDEST = 99;
const MOST_READ = 50_000;
const SCHOOL = 0.8;
const LESS_SURE_OF_RANGE = 0.1;
const WIDEST_RANGE = 3;
const HAN = new Map(Array.from("零一二三四五六七八九十", (each, value) => [each, value]));
HAN.set("两", 2);

const MEASURE = /^(?:[\p{Nd}%°$€£+*=^]|[.,:/-]\p{Nd}| ?(?:%|km|kg|cm|min|€))/u;
const DIGIT = /\p{Nd}/u;
const WORD = /[\p{L}\p{N}_]+/gu;
const ASCII_WORD = /[a-z]+/g;
const ALNUM = /[A-Za-z0-9]/;
const PAST = /(?<![\p{L}\p{N}_])(?:on|since|for|at)[^\p{L}\p{N}_]+$/u;
const COUNTED = /^ [a-z']*s(?![\p{L}\p{N}_])/u;

/** Finds stated ages in texts in normal form. */
export class Ages {
  #cues;
  #english;
  #others;

  constructor(tables, folds) {
    this.#cues = tables.cues.map(([cue, languages]) => ({
      begins: cue.startsWith(" "),
      text: cue.startsWith(" ") ? cue.slice(1) : cue,
      languages,
    }));
    this.#english = new English(tables.english);
    this.#others = tables.others.map((each) => new Forms(each, folds));
  }

  /** The surest, then the first: `{age, confidence}`, or null. Years. */
  read(normalised) {
    const text = short(normalised);
    const found = this.#english.read(text);
    for (const place of this.#spoken(normalised)) found.push(...this.#others[place].read(text));
    let best = null;
    for (const each of found) {
      const surer = best === null || each.confidence > best.confidence;
      if (surer || (each.confidence === best.confidence && each.start < best.start)) best = each;
    }
    return best && { age: best.age, confidence: best.confidence };
  }

  /** The places of the languages whose cues stand in the text, ascending. */
  #spoken(text) {
    const places = new Set();
    for (const { begins, text: cue, languages } of this.#cues) {
      for (let at = text.indexOf(cue); at >= 0; at = text.indexOf(cue, at + 1)) {
        if (at === 0 || !begins || !ALNUM.test(text[at - 1])) {
          for (let k = 0; k < this.#others.length; k++) {
            if ((languages >> k) & 1) places.add(k);
          }
          break;
        }
      }
    }
    return [...places].sort((one, other) => one - other);
  }
}

/** As many characters as are read, each one unit long: what lies beyond stands for its class. */
function short(text) {
  if (!/[\ud800-\udbff]/.test(text)) return text.slice(0, MOST_READ);
  const whole = text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, (each) => {
    if (/\p{Nd}/u.test(each)) return String.fromCharCode(0x966 + digit(each));
    if (/\p{N}/u.test(each)) return "\u2cfd";
    return /\p{L}/u.test(each) ? "\u01c0" : "\u263a";
  });
  return whole.slice(0, MOST_READ);
}

/** The value of a digit of any script: digits stand in rows of ten. */
function digit(character) {
  const code = character.codePointAt(0);
  if (code < 0x80) return code - 48;
  let first = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first--;
  return (code - first) % 10;
}

function number(said) {
  return Array.from(said).reduce((value, each) => value * 10 + digit(each), 0);
}

const search = (source) => new RegExp(source, "u");
const match = (source) => new RegExp(`^(?:${source})`, "u");
const every = (source) => new RegExp(source, "gu");

class Forms {
  #forms;
  #numbers;
  #latin;
  #numberWords;
  #numberLetters;
  #before;
  #after;
  #folds;

  constructor(tables, folds) {
    this.#forms = tables.forms.map(([source, confidence, less, age]) => ({
      source,
      pattern: null,
      confidence,
      less,
      age,
    }));
    this.#numbers = new Map(Object.entries(tables.numbers));
    this.#latin = tables.latin;
    this.#numberWords = new Set(tables.number_words);
    this.#numberLetters = search(tables.number_letters);
    this.#before = search(tables.before);
    this.#after = match(tables.after);
    this.#folds = folds;
  }

  read(given) {
    const text = this.#folded(given);
    const found = [];
    if (!this.#hasNumber(text)) return found;
    for (const form of this.#forms) {
      form.pattern ??= every(form.source);
      for (const matched of text.matchAll(form.pattern)) {
        const end = matched.index + matched[0].length;
        const before = text.slice(Math.max(0, matched.index - 24), matched.index);
        const after = text.slice(end, end + 32);
        if (this.#before.test(before) || this.#after.test(after) || MEASURE.test(after)) continue;
        const stated = this.#age(form, matched.groups ?? {});
        if (stated && stated.age >= YOUNGEST && stated.age <= OLDEST) {
          found.push({ ...stated, start: matched.index });
        }
      }
    }
    return found;
  }

  #folded(text) {
    let out = "";
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      const other = code >= 0x80 && code < this.#folds.length ? this.#folds[code] : code;
      out += String.fromCharCode(other || code);
    }
    return out;
  }

  #hasNumber(text) {
    if (DIGIT.test(text)) return true;
    if (!this.#latin) return this.#numberLetters.test(text);
    return (text.match(WORD) ?? []).some((each) => this.#numberWords.has(each));
  }

  #age(form, groups) {
    if (form.age !== null) return { age: form.age, confidence: form.confidence };
    const given = Object.entries(groups).filter(([, value]) => value);
    const said = given.find(([name]) => "no".includes(name[0]));
    const until = given.find(([name]) => name[0] === "m");
    const age = said ? this.#value(said[1]) : 0;
    // A school has no year 14.
    if (form.confidence === SCHOOL && form.less && !(age >= 1 && age <= 13)) return null;
    if (!until) return { age: age + form.less, confidence: form.confidence };
    const other = this.#value(until[1]);
    if (!(age < other && other <= age + WIDEST_RANGE)) return null;
    return { age: (age + other) / 2 + form.less, confidence: form.confidence - LESS_SURE_OF_RANGE };
  }

  #value(said) {
    if (/^\p{Nd}+$/u.test(said)) return number(said);
    if (this.#numbers.has(said)) return this.#numbers.get(said);
    const at = said.lastIndexOf("十");
    if (at < 0) return said.length === 1 ? HAN.get(said) : 0;
    const tens = said.slice(0, at);
    const ones = said.slice(at + 1);
    return (tens ? (HAN.get(tens) ?? 1) : 1) * 10 + (ones ? (HAN.get(ones) ?? 0) : 0);
  }
}

class English {
  #words;
  #numberWords;
  #candidates;
  #forms;
  #before;
  #noAge;
  #follows;
  #shortFollows;
  #afterSchool;

  constructor(tables) {
    this.#words = {
      numbers: new Map(Object.entries(tables.words.numbers)),
      ones: new Map(Object.entries(tables.words.ones)),
      ordinals: new Map(Object.entries(tables.words.ordinals)),
      school: tables.words.school,
    };
    this.#numberWords = new Set(tables.number_words);
    this.#candidates = search(tables.candidates);
    this.#forms = tables.forms.map(([name, source]) => ({ name, pattern: every(source) }));
    this.#before = search(tables.before);
    this.#noAge = match(tables.no_age);
    this.#follows = match(tables.follows);
    this.#shortFollows = match(tables.short_follows);
    this.#afterSchool = match(tables.after_school);
  }

  read(text) {
    const found = [];
    if (!/[0-9]/.test(text)) {
      if (!(text.match(ASCII_WORD) ?? []).some((each) => this.#numberWords.has(each))) return found;
    }
    if (!this.#candidates.test(text)) return found;
    for (const { name, pattern } of this.#forms) {
      for (const matched of text.matchAll(pattern)) {
        const start = matched.index;
        const end = start + matched[0].length;
        // The end of a word of another alphabet, where ASCII sees an edge.
        if (start && /\p{L}/u.test(text[start - 1])) continue;
        const before = text.slice(Math.max(0, start - 32), start);
        const after = text.slice(end, end + 48);
        const confidence = this.#confidence(name, before, after);
        const age = this.#age(name, matched.groups ?? {});
        if (confidence > 0 && age >= YOUNGEST && age <= OLDEST) found.push({ age, confidence, start });
      }
    }
    return found;
  }

  #confidence(form, before, after) {
    if (form !== "slashed" && this.#before.test(before)) return 0;
    if (form === "year" || form === "grade" || form === "grader") {
      return this.#afterSchool.test(after) ? 0 : 0.85;
    }
    if (form === "birthday") return PAST.test(before) ? 0.4 : 0.7;
    if (form === "aged" || form === "old_here") return /^[\p{L}\p{N}_]/u.test(after) ? 0 : 0.95;
    if (form === "slashed" || form === "asl" || form === "short_self") {
      if (!this.#shortFollows.test(after)) return form === "slashed" ? 0.6 : 0;
      return form === "slashed" ? 0.9 : 0.75;
    }
    if (this.#noAge.test(after)) return 0;
    if (form === "reply" || form === "range") return 0.7;
    const sure = this.#follows.test(after);
    if (form === "bare") return sure ? 0.9 : COUNTED.test(after) ? 0 : 0.5;
    return sure ? 0.8 : 0.5;
  }

  #age(form, groups) {
    const value = groups.o
      ? this.#value(groups.o, this.#words.ordinals)
      : this.#value(groups.n || groups.n2 || "", this.#words.numbers);
    if (form === "year" || form === "grade" || form === "grader") {
      const [first, last] = this.#words.school[form === "year" ? "year" : "grade"];
      // A school has no year 14; what is counted then is something else.
      return value >= 1 && value <= 13 ? value + (first + last) / 2 : 0;
    }
    if (form === "range") {
      const other = number(groups.n2);
      return value < other && other <= value + 3 ? (value + other) / 2 : 0;
    }
    if (groups.half) return value + 0.5;
    return groups.nearly ? value - 0.5 : value;
  }

  #value(said, words) {
    const digits = /^[0-9]+/.exec(said);
    if (digits) return Number(digits[0]);
    if (words.has(said)) return words.get(said);
    for (const [word, value] of this.#words.numbers) {
      if (said.startsWith(word) && word !== said && value >= 20) {
        return words.get(word) + this.#words.ones.get(said.slice(word.length).replace(/^[ -]+|[ -]+$/g, ""));
      }
    }
    return 0;
  }
}
