// Filters of the questions. Without this every question of every board can be read.
(() => {
  const words = [...document.querySelectorAll('input[name="words"]')];
  const relabel = () => {
    const language = words.find((each) => each.checked).value;
    document.documentElement.lang = language;
    for (const option of document.querySelectorAll("option[data-ja]")) option.textContent = option.dataset[language];
  };
  for (const each of words) each.addEventListener("change", relabel);
  relabel();

  const LARGE = 3, LOW = 4;
  const kinds = {
    failed: (data) => data.failed === "yes",
    apart: (data) => Number(data.spread) >= LARGE,
    low: (data) => Number(data.lowest) <= LOW,
  };
  for (const board of document.querySelectorAll(".examined")) {
    const form = board.querySelector(".filters");
    const questions = [...board.querySelectorAll(".question")];
    const filter = () => {
      const category = form.elements.category.value, which = form.elements.which.value;
      for (const question of questions) {
        const data = question.dataset;
        question.hidden = !!(category && data.category !== category) || !!(which && !kinds[which](data));
      }
      form.querySelector("output").textContent = questions.filter((each) => !each.hidden).length;
    };
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", filter);
    form.hidden = false;
  }
})();
