// Filters of the answers, and small comforts. Without this everything on the page is shown.
(() => {
  const form = document.querySelector(".filters");
  if (!form) return;
  const list = document.querySelector(".questions");
  const questions = [...list.querySelectorAll(".question")];
  const suites = [...list.children];
  const base = list.dataset.base;
  const chosen = (name) => form.elements[name].value;

  const fits = (question) => {
    const { suite, answerable, verdicts } = question.dataset;
    if (chosen("suite") && chosen("suite") !== suite) return false;
    if (chosen("answerable") && chosen("answerable") !== answerable) return false;
    const own = verdicts[chosen("row")];
    const other = base === "" ? "-" : verdicts[base];
    const asked = own !== "-" && other !== "-";
    switch (chosen("verdict")) {
      case "right": return own === "1";
      case "wrong": return own === "0";
      case "changed": return asked && own !== other;
      case "better": return asked && own > other;
      case "worse": return asked && own < other;
      default: return true;
    }
  };
  const filter = () => {
    for (const question of questions) question.hidden = !fits(question);
    for (const suite of suites) suite.hidden = !suite.querySelector(".question:not([hidden])");
    form.querySelector("output").textContent = questions.filter((each) => !each.hidden).length;
  };
  const turn = (open) => { for (const question of questions) if (!question.hidden) question.open = open; };

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", filter);
  form.elements.open.addEventListener("click", () => turn(true));
  form.elements.close.addEventListener("click", () => turn(false));
  form.hidden = false;
  filter();

  // Closed on a screen, where they open one by one; open on paper, where they cannot.
  for (const question of questions) question.open = false;
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const each of closed) each.open = true;
  });
  addEventListener("afterprint", () => { for (const each of closed) each.open = false; });
})();
