/** Entry point of the token page. */

import { render } from 'preact';

import { readConfig } from './config';
import { App } from './ui/app';

const config = readConfig();
const pageUrl = `${config.base}/tokens`;

// Identity providers accept one redirect URI, so the page runs at the configured origin only.
if (location.origin === new URL(pageUrl).origin) render(<App config={config} />, document.getElementById('page')!);
else location.replace(pageUrl);
