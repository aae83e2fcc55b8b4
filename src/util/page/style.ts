/** What our pages have in common: colours, light or dark as the reader's system asks, text, margins. */

/** Begins the content of a page's only <style>. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f7f7f5; --card: #fff; --ink: #1c1d1f; --soft: #5d6167; --line: #d9dadb; --accent: #0b62c4; --mark: #e0edfc;
  --a: #3d7fd0; --b: #c2612c; --c: #3a8a5f; --d: #8a5bb8; --e: #b0832a; --f: #bb4a6f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #131416; --card: #1d1f22; --ink: #ecedee; --soft: #a3a8af; --line: #34373b; --accent: #7db4f5; --mark: #1d3350;
    --a: #6ea6ea; --b: #e08b58; --c: #63b98a; --d: #b48ddd; --e: #d6ac55; --f: #e07c9c;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.45 system-ui, sans-serif; }
header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 clamp(0.75rem, 3vw, 2rem); }
header { padding-top: 1.25rem; }
h1 { margin: 0; font-size: clamp(1.25rem, 4vw, 1.75rem); overflow-wrap: anywhere; }
h2 { margin: 1.5rem 0 0.6rem; font-size: 1.05rem; }
p { margin: 0.3rem 0; color: var(--soft); }
a { color: inherit; text-decoration: none; }
`;
