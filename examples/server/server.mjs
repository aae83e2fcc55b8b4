/** A server of Node's own around the route: `curl --data-binary @clip.mp4 http://localhost:PORT/`. */
import {createServer} from 'node:http';
import {Readable} from 'node:stream';
import {POST} from './route.mjs';

const server = createServer(async (incoming, outgoing) => {
  if (incoming.method !== 'POST') return outgoing.writeHead(405).end();
  const request = new Request('http://localhost/', {
    method: 'POST',
    body: Readable.toWeb(incoming),
    duplex: 'half',
  });
  const response = await POST(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
});
server.listen(Number(process.env.PORT ?? 3000), () => console.log(server.address().port));
