// The lower bound for barriers and topics: for each message, sends all clients as many bytes as tg would. Prints its port.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

/** A text frame (RFC 6455, 5.2). */
function frame(text) {
  const length = text.length < 126 ? [text.length] : [126, text.length >> 8, text.length & 0xff];
  return Buffer.concat([Buffer.from([0x81, ...length]), Buffer.from(text)]);
}

const release = frame('{"id":"1","error":"","publish":null,"subscribe":"","signal_entry":null}');
const answer = frame('{"id":"2","error":"","publish":null,"subscribe":"","signal_entry":{"seq":100}}');
const peer =
  '{\\"peer\\":\\"12D3KooWQx1nVWbYqf8YzR6p3Lr7dYq1Uu2Jt9m\\",\\"addrs\\":[\\"/ip4/16.0.0.1/tcp/4001\\"],\\"seq\\":10}';
const message = frame(`{"id":"0","error":"","publish":null,"subscribe":"${peer}","signal_entry":null}`);
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
  socket.on('data', (request) => {
    // Published messages are longer than signals; both are masked.
    const sent = request.length > 200 ? message : release;
    for (const client of clients) client.write(sent);
    socket.write(answer);
  });
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  process.stdout.write(`${server.address().port}\n`);
});
