// The command palette: Ctrl-K, type, Enter. Customers come from the server, pages from the navigation.
let dialog;

export function installPalette() {
  dialog = document.querySelector("dialog[data-palette]");
  if (!dialog) return;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
    }
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

export function openPalette() {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  const input = dialog.querySelector("input");
  input.select();
  input.focus();
}
