/**
 * The page of the dashboard, which its script fills.
 *
 * @module
 */

/** The page: it names its files and holds nothing else. */
export const DASHBOARD_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Holdfast</title>
<link rel="icon" type="image/svg+xml" href="/web/icon.svg">
<link rel="stylesheet" href="/web/dashboard.css">
<script type="module" src="/web/dashboard.js"></script>
</head>
<body>
<div id="dashboard"><header class="top"><span class="brand">Holdfast</span></header></div>
<noscript>The dashboard needs JavaScript. The API does not: see <a href="/docs">the reference</a>.</noscript>
</body>
</html>
`;
