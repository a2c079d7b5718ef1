/** Begins. */

import { render } from 'preact';

import { readConfiguration } from './config';
import { App } from './ui/app';

const configuration = readConfiguration();
const address = `${configuration.base}/tokens`;

// Providers send people back to one address alone, so the page is at home there and nowhere else.
if (location.origin === new URL(address).origin) render(<App configuration={configuration} />, document.getElementById('page')!);
else location.replace(address);
