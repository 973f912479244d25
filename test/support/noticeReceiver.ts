import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { NoticesBody } from "../../src/serve/alertReceivers.js";

/** A webhook that keeps what it gets, and answers as it is told. */
export class NoticeReceiver {
  /** The status of each next answer; 200 once there is none left. */
  readonly answers: number[] = [];
  readonly bodies: string[] = [];
  readonly authorizations: (string | undefined)[] = [];
  readonly #server: Server;
  #heard: () => void = () => undefined;

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const status = this.answers.shift() ?? 200;
        if (status === 200) this.bodies.push(body);
        this.authorizations.push(request.headers.authorization);
        response.writeHead(status).end();
        this.#heard();
      });
    });
  }

  static async start(): Promise<NoticeReceiver> {
    const server = createServer();
    const receiver = new NoticeReceiver(server);
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  get notices(): NoticesBody[] {
    return this.bodies.map((body) => JSON.parse(body));
  }

  /** Waits until so many bodies have come. */
  async until(count: number): Promise<void> {
    while (this.bodies.length < count)
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}
