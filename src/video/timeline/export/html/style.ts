/** How the page looks: a phone or a desk, light or dark, as the reader's system asks. */

import {PAGE_STYLE} from '../../../../util/page/style';

/** Content of the page's only <style>. */
export const STYLE = `${PAGE_STYLE}a:focus-visible, label:focus-within { outline: 3px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 0.5rem; top: 0.5rem; padding: 0.5rem 1rem; background: var(--card); z-index: 3; }
.player { position: sticky; top: 0; z-index: 2; padding: 0.6rem 0; background: var(--page); }
video { display: block; width: 100%; max-height: 42vh; background: #000; border-radius: 8px; }
.absent label { color: var(--accent); text-decoration: underline; cursor: pointer; }
.absent input { position: absolute; opacity: 0; width: 1px; height: 1px; }
.map { position: relative; padding: 0.5rem 0; }
.lane { display: grid; grid-template-columns: var(--names) 1fr; align-items: center; min-height: 1.5rem; }
.map { --names: clamp(5.5rem, 22vw, 12rem); }
.name { padding-right: 0.6rem; font-size: 0.8rem; color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.lane svg { display: block; width: 100%; height: 1rem; background: var(--card); overflow: visible; }
.lane.film svg { height: 1.6rem; }
.lane rect { fill: var(--hue); }
.lane a:hover rect, .lane a:focus-visible rect { fill: var(--accent); fill-opacity: 1; }
.lane a:focus-visible { outline: none; }
.lane a:focus-visible rect { stroke: var(--ink); stroke-width: 2; }
.lane { --hue: var(--a); }
.lane:nth-of-type(6n + 3) { --hue: var(--b); } .lane:nth-of-type(6n + 4) { --hue: var(--c); }
.lane:nth-of-type(6n + 5) { --hue: var(--d); } .lane:nth-of-type(6n) { --hue: var(--e); } .lane:nth-of-type(6n + 1) { --hue: var(--f); }
.lane.film { --hue: var(--soft); cursor: pointer; }
.lane.film a:nth-of-type(even) rect { fill-opacity: 0.55; }
.head { position: absolute; inset: 0 0 0 var(--names); pointer-events: none; }
.head i { position: absolute; top: 0; bottom: 0; left: 0; width: 2px; background: var(--accent); }
.shots { display: grid; gap: 0.75rem; padding: 0; margin: 0; list-style: none; grid-template-columns: repeat(auto-fill, minmax(min(10.5rem, 44vw), 1fr)); }
.shot { display: block; height: 100%; overflow: hidden; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.shot:hover { border-color: var(--accent); }
.shot[aria-current] { background: var(--mark); border-color: var(--accent); }
.shot img, .shot .blank { display: block; width: 100%; height: auto; background: var(--line); }
.shot .blank { min-height: 3rem; }
.shot div { padding: 0.45rem 0.6rem 0.6rem; font-size: 0.85rem; }
.shot b { font-variant-numeric: tabular-nums; }
.shot .how, .shot .length { color: var(--soft); font-size: 0.78rem; }
.shot ul { margin: 0.3rem 0 0; padding: 0; list-style: none; }
.shot li { display: flex; justify-content: space-between; gap: 0.5rem; }
.shot li i { min-width: 0; font-style: normal; overflow-wrap: anywhere; }
.shot li span { flex: none; white-space: nowrap; color: var(--soft); font-variant-numeric: tabular-nums; }
footer { padding-top: 1.5rem; padding-bottom: 2rem; font-size: 0.85rem; }
kbd { padding: 0 0.35em; border: 1px solid var(--line); border-radius: 4px; background: var(--card); font: inherit; }
@media print { .player, footer, .head { display: none; } }
`;
