/**
 * The dashboard's page as the panel loads it: no inline script, no inline style, nothing remote,
 * and nothing that comes from a capture.
 */

/** Where the page's parts are, as addresses that the panel may load. */
export interface PageParts {
  /** At least 128 bits from a cryptographic source, new for each page. */
  readonly nonce: string;
  /** The panel's own source for its content security policy. */
  readonly cspSource: string;
  readonly scriptUri: string;
  readonly styleUri: string;
}

/** The page's HTML. Throws where the nonce could end its attribute, which would be a defect. */
export function dashboardHtml(parts: PageParts): string {
  if (!/^[A-Za-z0-9+/=_-]{22,}$/.test(parts.nonce)) throw new Error('dashboard: not a nonce');
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${parts.nonce}'`,
    `style-src ${parts.cspSource}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${escape(policy)}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>LeakLens Dashboard</title>
    <link rel="stylesheet" href="${escape(parts.styleUri)}" />
  </head>
  <body>
    <div id="dashboard"></div>
    <script nonce="${parts.nonce}" src="${escape(parts.scriptUri)}"></script>
  </body>
</html>
`;
}

/** Text as the value of a double-quoted attribute. */
function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
