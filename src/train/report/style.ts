/** How a report looks: a phone or a desk, light or dark, as the reader's system asks. */
import {PAGE_STYLE} from '../../util/page/style';
import {SHADES} from './tables';

/** Rules for the shades of cells: the more of a class, the more colour. Never so much that figures cannot be read. */
const shades = Array.from({length: SHADES}, (_, i) => {
  const share = Math.round(((i + 1) / SHADES) * 55);
  return ['right', 'wrong']
    .map(
      (kind) =>
        `.${kind}.s${i + 1} { background: color-mix(in srgb, var(--${kind === 'right' ? 'a' : 'b'}) ${share}%, var(--card)); }`,
    )
    .join(' ');
}).join('\n');

/** Content of the page's only <style>. */
export const STYLE = `${PAGE_STYLE}
.tiles { display: flex; flex-wrap: wrap; gap: 0.75rem; padding: 0; margin: 1rem 0 0; list-style: none; }
.tiles li { flex: 1 1 8rem; padding: 0.6rem 0.9rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; color: var(--soft); font-size: 0.85rem; }
.tiles b { display: block; color: var(--ink); font-size: 1.45rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.charts { display: grid; gap: 0.75rem; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); }
figure { margin: 0; padding: 0.7rem 0.9rem 0.5rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
figcaption { font-weight: 600; font-size: 0.95rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0 1.2rem; min-height: 1.4em; padding: 0; margin: 0.1rem 0 0.3rem; list-style: none; font-size: 0.82rem; color: var(--soft); }
.legend b { color: var(--ink); font-weight: 600; font-variant-numeric: tabular-nums; }
.legend i { display: inline-block; width: 0.8rem; height: 0.2rem; margin-right: 0.35rem; border-radius: 2px; vertical-align: middle; background: var(--hue); }
figure svg { display: block; width: 100%; height: auto; overflow: visible; }
.a { --hue: var(--accent); } .b { --hue: var(--b); } .c { --hue: var(--c); }
.grid line { stroke: var(--line); }
.grid text { fill: var(--soft); font-size: 13px; text-anchor: middle; font-variant-numeric: tabular-nums; }
.grid .y { text-anchor: end; }
.band { fill: var(--accent); fill-opacity: 0.16; }
.line polyline { fill: none; stroke: var(--hue); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.line circle { fill: var(--hue); stroke: var(--card); stroke-width: 1.5; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; background: var(--card); font-size: 0.85rem; font-variant-numeric: tabular-nums; }
th { font-weight: 500; text-align: left; }
.confusion th[scope="row"] { max-width: 11rem; padding: 0.2rem 0.7rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.confusion th[scope="col"] { padding: 0.5rem 0.2rem; vertical-align: bottom; text-align: center; }
.confusion th[scope="col"] span { display: inline-block; max-height: 9rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; writing-mode: vertical-rl; rotate: 180deg; }
.confusion .corner { color: var(--soft); font-weight: 400; white-space: nowrap; }
.confusion td { min-width: 2.6rem; height: 2.2rem; padding: 0 0.3rem; border: 1px solid var(--line); text-align: center; }
.list th, .list td { padding: 0.3rem 0.8rem; border-bottom: 1px solid var(--line); }
.list thead th { color: var(--soft); }
.list th[scope="row"] { min-width: 6rem; max-width: 24rem; overflow-wrap: anywhere; }
.list .number { text-align: right; white-space: nowrap; }
.bar { width: 4rem; height: 0.6rem; margin-left: 0.4rem; background: var(--line); border-radius: 2px; }
.bar rect { fill: var(--a); }
.worst { display: grid; gap: 0.75rem; padding: 0; margin: 0; list-style: none; grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); }
.worst li { overflow: hidden; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.worst .frames { display: flex; gap: 2px; }
.worst img { flex: 1; min-width: 0; height: auto; background: var(--line); }
.worst div { padding: 0.5rem 0.7rem 0.6rem; font-size: 0.85rem; overflow-wrap: anywhere; }
.worst em { font-style: normal; color: var(--b); }
.worst .known em { color: var(--c); }
.worst small { display: block; color: var(--soft); font-size: 0.78rem; }
main { padding-bottom: 2rem; }
details { margin: 1.5rem 0 0; }
summary { cursor: pointer; color: var(--soft); }
pre { padding: 0.8rem; overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; font-size: 0.8rem; }
${shades}
@media print { details { display: none; } }
`;
