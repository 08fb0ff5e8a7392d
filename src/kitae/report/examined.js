// Shows the answers of the models that are chosen, side by side. Tables and charts are there without this.
(() => {
  const AT_ONCE = 100, LOW = 4, MINUS = "−";

  const clone = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
  const fill = (node, told) => {
    for (const [name, text] of Object.entries(told)) {
      for (const field of node.querySelectorAll(`[data-field="${name}"]`)) field.textContent = text;
    }
    return node;
  };
  const mean = (scores) => (scores.length ? scores.reduce((sum, each) => sum + each, 0) / scores.length : null);

  const start = (section) => {
    const form = section.querySelector(".filters");
    if (!form) return;
    const data = JSON.parse(section.querySelector('script[type="application/json"]').textContent);
    const most = Number(section.dataset.most);
    const slots = Array.from({ length: most }, (_, place) => (place < section.dataset.shown && place < data.lines.length ? place : null));
    const boxes = [...section.querySelectorAll('input[name="line"]')];
    const drawn = [section.querySelectorAll(".radar .row"), section.querySelectorAll(".by-category .legend .row")];
    const list = section.querySelector(".questions"), more = section.querySelector(".more");
    const field = (name) => form.elements[name]?.value ?? "";
    const open = new Set();
    let limit = AT_ONCE;

    const tell = (score) => {
      if (score === null) return "?";
      if (data.kind === "single") return String(Math.round(score * 100) / 100);
      if (data.kind === "program" && (score === 0 || score === 1)) return score ? "✓" : "✗";
      return `${Math.round(100 * score)}%`;
    };
    const signed = (value) => {
      const text = data.kind === "single" ? Math.abs(value).toFixed(2) : `${Math.round(100 * Math.abs(value))}%`;
      return (value < 0 ? MINUS : "+") + text;
    };

    // Of each question: each model's mean over turns and samples, its lowest score, and whether something failed.
    for (const question of data.questions) {
      question.scores = {};
      for (const each of question.rated) {
        const own = (question.scores[each.line] ??= { all: [], failed: false });
        if (each.score === null) own.failed = true;
        else own.all.push(each.score);
      }
      for (const own of Object.values(question.scores)) own.mean = mean(own.all);
    }
    const scored = (question, line) => question.scores[line]?.mean ?? null;
    const change = (question) => {
      const own = scored(question, field("own")), other = scored(question, field("other"));
      return own === null || other === null ? 0 : own - other;
    };
    const kinds = {
      "": () => true,
      worse: (question) => change(question) < 0,
      better: (question) => change(question) > 0,
      failed: (question) => question.scores[field("own")]?.failed,
      low: (question) => question.scores[field("own")]?.all.some((each) => each <= (data.kind === "single" ? LOW : 0.5)),
    };

    const mark = (score, line, more = "") => {
      const pill = clone("mark");
      pill.textContent = tell(score) + more;
      pill.title = data.lines[line].name;
      return paint(pill, line, score);
    };
    const paint = (pill, line, score) => {
      pill.classList.add(`slot-${slots.indexOf(line) + 1}`);
      pill.classList.toggle("wrong", score === null);
      return pill;
    };
    const wordsOf = (each) => {
      const games = each.words.filter((words) => !words.against || slots.some((line) => data.lines[line]?.name === words.against));
      return (games.length ? games : each.words).map((words) => {
        const node = fill(clone("words"), words);
        node.querySelector(".by").hidden = !words.text;
        node.querySelector(".why").hidden = !words.en;
        if (data.kind === "program") node.querySelector(".why .pill").classList.toggle("wrong", each.score !== 1);
        node.querySelector(".game").hidden = !words.against;
        node.querySelector(".first").hidden = !words.first;
        return node;
      });
    };
    const answerOf = (each) => {
      const told = { score: tell(each.score), name: data.lines[each.line].name, answer: each.answer, sample: each.sample ? `#${each.sample + 1}` : "" };
      const node = fill(clone("answer"), told);
      paint(node.querySelector(".pill"), each.line, each.score);
      node.querySelector(".none").hidden = each.answer.trim() !== "";
      node.append(...wordsOf(each));
      return node;
    };
    const unfold = (node, question) => {
      const turns = [...new Set(question.rated.map((each) => each.turn))].sort();
      const parts = turns.map((turn) => {
        const part = fill(clone("turn"), { turn: turns.length > 1 ? turn : "", asked: question.turns[turn - 1] ?? question.id });
        const answers = question.rated.filter((each) => each.turn === turn && slots.includes(each.line));
        answers.sort((one, two) => slots.indexOf(one.line) - slots.indexOf(two.line) || one.sample - two.sample);
        part.querySelector(".beside").append(...answers.map(answerOf));
        return part;
      });
      for (const old of node.querySelectorAll(".turn")) old.remove();
      node.append(...parts);
    };
    const row = (question) => {
      const told = { asked: question.turns[0] ?? question.id, id: question.id, category: question.category };
      const node = fill(clone("question"), told);
      const marks = slots.filter((line) => line !== null && question.scores[line]);
      const by = ["worse", "better"].includes(field("which")) ? clone("mark") : null;
      if (by) by.textContent = signed(change(question));
      node.querySelector(".strip-of-marks").append(
        ...(by ? [by, " "] : []),
        ...marks.flatMap((line) => [mark(scored(question, line), line, question.scores[line].failed && question.scores[line].all.length ? "?" : ""), " "]),
      );
      node.addEventListener("toggle", () => {
        open[node.open ? "add" : "delete"](question.id);
        if (node.open) unfold(node, question);
      });
      node.open = open.has(question.id);
      return node;
    };

    const compare = () => {
      const line = section.querySelector(".difference"), own = Number(field("own")), other = Number(field("other"));
      const found = data.differences[`${Math.min(own, other)} ${Math.max(own, other)}`];
      line.hidden = field("other") === "" || own === other || !found || found[0] === null;
      if (line.hidden) return;
      const turned = own > other, [value, low, high, n, better, worse] = found;
      const ends = turned ? [high, low].map((each) => each && -each) : [low, high];
      fill(line, {
        own: data.lines[own].name, other: data.lines[other].name, mean: signed(turned ? -value : value), n,
        span: ends[0] === null ? "" : `(95 %: ${signed(ends[0])} … ${signed(ends[1])})`,
        better: turned ? worse : better, worse: turned ? better : worse,
      });
      line.querySelector(".unlike").hidden = data.lines[own].engine === data.lines[other].engine;
    };
    const show = () => {
      const fits = kinds[field("which")];
      const found = data.questions.filter((each) => (!field("category") || each.category === field("category")) && fits(each));
      if (["worse", "better"].includes(field("which"))) found.sort((one, two) => Math.abs(change(two)) - Math.abs(change(one)));
      list.replaceChildren(...found.slice(0, limit).map(row));
      more.hidden = found.length <= limit;
      form.querySelector("output").textContent = found.length;
      compare();
    };
    const choose = () => {
      for (const box of boxes) {
        const slot = slots.indexOf(Number(box.value));
        box.checked = slot >= 0;
        box.disabled = slot < 0 && !slots.includes(null);
        box.closest("label").className = `choose ${slot < 0 ? "off" : `slot-${slot + 1}`}`;
      }
      for (const rows of drawn) {
        rows.forEach((each, line) => each.setAttribute("class", `row ${slots.includes(line) ? `slot-${slots.indexOf(line) + 1}` : "off"}`));
      }
      show();
    };
    // A model that is compared has to be seen; it takes the place of one that is not.
    const see = (line, kept) => {
      if (line < 0 || slots.includes(line)) return;
      const free = slots.indexOf(null);
      slots[free >= 0 ? free : slots.findLastIndex((each) => each !== kept)] = line;
    };

    for (const box of boxes) {
      box.hidden = false;
      box.addEventListener("change", () => {
        const line = Number(box.value);
        if (box.checked) slots[slots.indexOf(null)] = line;
        else slots[slots.indexOf(line)] = null;
        choose();
      });
    }
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", () => {
      const own = Number(field("own")), other = field("other") === "" ? -1 : Number(field("other"));
      see(own, other);
      see(other, own);
      limit = AT_ONCE;
      choose();
    });
    more.addEventListener("click", () => { limit += AT_ONCE; show(); });
    for (const each of section.querySelectorAll(".filters, .script")) each.hidden = false;
    choose();
  };

  // On paper, where the radar has no table to open.
  addEventListener("beforeprint", () => {
    for (const each of document.querySelectorAll(".by-category details")) each.open = true;
  });

  // The tables are painted first; a board is read when it comes near the window.
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((each) => each.isIntersecting)) {
      seen.unobserve(entry.target);
      start(entry.target);
    }
  }, { rootMargin: "100%" });
  for (const section of document.querySelectorAll(".examined")) seen.observe(section);
})();
