// Line icons on a grid of 24, drawn for this page.

import { s } from "./dom.js";

const PATHS = {
  plus: "M12 5v14M5 12h14",
  search: "M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14zM16.2 16.2L20.5 20.5",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6L6 18",
  send: "M12 19V5M6 11l6-6l6 6",
  stop: "M7.5 7.5h9v9h-9z",
  more: "M5.5 12h.01M12 12h.01M18.5 12h.01",
  check: "M5 12.5l4.5 4.5L19 7.5",
  cross: "M7 7l10 10M17 7L7 17",
  down: "M6 9.5l6 6l6-6",
  right: "M9.5 6l6 6l-6 6",
  chart: "M4 20h16M7 16v-5M12 16V6M17 16v-8",
  data: "M12 15V4M7.5 8.5L12 4l4.5 4.5M4 15v3.5A1.5 1.5 0 0 0 5.5 20h13a1.5 1.5 0 0 0 1.5-1.5V15",
  settings: "M4 7h9M17 7h3M15 4.8v4.4M4 17h3M11 17h9M9 14.8v4.4",
  pulse: "M3 12h4l2.5-6l4.5 12l2.5-6H21",
  user: "M12 12.5a4 4 0 1 0 0-8a4 4 0 0 0 0 8zM4.5 20c1-3.5 4-5 7.5-5s6.5 1.5 7.5 5",
  out: "M14 4.5H6A1.5 1.5 0 0 0 4.5 6v12A1.5 1.5 0 0 0 6 19.5h8M10 12h10M16.5 8.5L20 12l-3.5 3.5",
  edit: "M4.5 19.5l1-4L16 5l3 3L8.5 18.5z",
  archive: "M4 5h16v4H4zM5.5 9v10h13V9M10 13h4",
  trash: "M5 7h14M9.5 7V4.5h5V7M7 7l.8 12.5h8.4L17 7",
  download: "M12 4v11M7.5 10.5L12 15l4.5-4.5M5 19.5h14",
  copy: "M9 9h10.5v10.5H9zM6 15H4.5V4.5H15V6",
  retry: "M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4.5V9H15",
  tool: "M14.5 6.5a4 4 0 0 1 5-1.5l-2.5 2.5l.5 2l2 .5L22 7.5M14.5 6.5a4 4 0 0 0 .5 4L6 19.5a1.8 1.8 0 0 1-2.5-2.5L12.5 8",
  alert: "M12 4.5L21 19.5H3zM12 10v4.5M12 17h.01",
  shield: "M12 3.5l7 2.5v5.5c0 4.5-3 7.5-7 9c-4-1.5-7-4.5-7-9V6z",
  clock: "M12 4a8 8 0 1 0 0 16a8 8 0 0 0 0-16zM12 7.5V12l3 2",
  table: "M4 5.5h16v13H4zM4 10h16M4 14.2h16M10 5.5v13",
  eye: "M3 12c2.5-4.3 5.5-6.3 9-6.3s6.5 2 9 6.3c-2.5 4.3-5.5 6.3-9 6.3S5.5 16.3 3 12zM12 14.8a2.8 2.8 0 1 0 0-5.6a2.8 2.8 0 0 0 0 5.6z",
  key: "M8.5 19a4.5 4.5 0 1 0 0-9a4.5 4.5 0 0 0 0 9zM12 11.3L19.5 4M16 7.5l2.5 2.5",
};

/** A drawing that says nothing by itself; what it stands for is said beside it or by a label. */
export function icon(name, size = 18) {
  const path = s("path", { d: PATHS[name] });
  return s("svg", { class: `icon icon-${name}`, viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true" }, path);
}
