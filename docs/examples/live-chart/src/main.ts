// node build/main.js URL DEVICE METRIC, with the key in GLASSHOUSE_KEY: prints the points of the last hour, then those to come.
import WebSocket from 'ws';

import { LiveChart } from './live-chart.js';

const [url, device, metric] = process.argv.slice(2);
const key = process.env['GLASSHOUSE_KEY'];
if (!url || !device || !metric || !key) {
  console.error('GLASSHOUSE_KEY=... node build/main.js http://127.0.0.1:8080/graphql DEVICE METRIC');
  process.exit(2);
}
const chart = new LiveChart({ url, key, webSocketImpl: WebSocket });
const hourAgo = new Date(Date.now() - 3_600_000);
for await (const point of chart.points({ device, metric }, hourAgo, (reason) => console.error('gap:', reason))) {
  console.log(JSON.stringify(point));
}
