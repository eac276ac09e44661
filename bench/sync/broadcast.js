// The floor for a barrier: whatever a client says, all are sent what a barrier's release is. broadcast.js: prints its port.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

/** A text frame of less than 126 bytes. */
function frame(text) {
  return Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]);
}

const release = frame('{"id":"1","error":"","publish":null,"subscribe":"","signal_entry":null}');
const answer = frame('{"id":"2","error":"","publish":null,"subscribe":"","signal_entry":{"seq":100}}');
const clients = new Set();

const server = createServer();
server.on('upgrade', ({ headers }, socket) => {
  const key = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  socket.setNoDelay(true);
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  clients.add(socket);
  socket.on('error', () => {}).on('close', () => clients.delete(socket));
  socket.on('data', () => {
    for (const client of clients) client.write(release);
    socket.write(answer);
  });
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  process.stdout.write(`${server.address().port}\n`);
});
