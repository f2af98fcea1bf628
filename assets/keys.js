// Keys of one letter, only while what they belong to has the focus: <section data-keys> with <button data-key="s">.
function focusKeys(root) {
  const box = root.matches?.("[data-keys]") ? root : root.querySelector?.("[data-keys]");
  box?.focus({ preventScroll: true });
}

document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.("[data-keys]");
  if (!box || event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (event.target.closest("input:not([type=hidden]), textarea, select")) return;
  const button = [...box.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key.toLowerCase());
  if (!button || button.disabled) return;
  event.preventDefault();
  button.click();
});
document.addEventListener("htmx:load", (event) => focusKeys(event.target));
