// The language that is chosen, for what the style sheet cannot reach: the page's own and that of options.
(() => {
  const words = [...document.querySelectorAll('input[name="words"]')];
  const relabel = () => {
    const language = words.find((each) => each.checked).value;
    document.documentElement.lang = language;
    for (const option of document.querySelectorAll("option[data-ja]")) option.textContent = option.dataset[language];
  };
  for (const each of words) each.addEventListener("change", relabel);
  relabel();
})();
