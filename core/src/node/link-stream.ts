import { TcpStream } from './tcp-stream.js';

/** A socket to another server. One that says that nothing follows has gone, or will. */
export class LinkStream extends TcpStream {
  override hasEnded(): void {
    this.destroy('the other server closed the connection');
  }
}
