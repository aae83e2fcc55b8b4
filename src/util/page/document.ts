/** The frame of our pages: nothing loads and nothing runs but what the policy of a page names. */
import {escapeHtml} from './escape';

export interface PageParts {
  readonly title: string;
  /** Content of its only <style>, and the SHA-256 of it in base64, without which no browser takes it. */
  readonly style: string;
  readonly styleHash: string;
  /** What its policy allows besides the style and pictures that lie in the page. */
  readonly policy?: readonly string[];
  /** Of its body, escaped: ` data-duration="12"`. */
  readonly attributes?: string;
  /** Escaped. */
  readonly body: string;
}

/** @returns the file as text */
export function pageDocument({
  title,
  style,
  styleHash,
  policy = [],
  attributes = '',
  body,
}: PageParts): string {
  const directives = [
    "default-src 'none'",
    `style-src 'sha256-${styleHash}'`,
    'img-src data:',
    ...policy,
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${directives.join('; ')}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body${attributes}>
${body}
</body>
</html>
`;
}
