// An open menu closes when one clicks elsewhere or presses Escape; focus goes back to what opened it.
const open = () => document.querySelectorAll("details.popup[open]");

document.addEventListener("click", (event) => {
  for (const menu of open()) {
    if (!menu.contains(event.target)) {
      menu.open = false;
    }
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") {
    return;
  }
  for (const menu of open()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  if (location.hash === "#menu") {
    location.hash = "#main";
  }
});
