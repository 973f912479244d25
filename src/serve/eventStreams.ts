import type { FastifyInstance, FastifyReply } from "fastify";
import { ANSWERS } from "./answers.js";
import type { EventView } from "./apiTypes.js";
import { isAfter } from "./chainEvents.js";
import { asOf, failure, limitOf, PAGE } from "./requests.js";
import type { WatchService } from "./service.js";

/** Seconds that a long poll waits at most. */
const LONGEST_WAIT = 60;
/** Readers of events at once: each holds a connection. */
const MOST_STREAMS = 100;
/** Bytes that may wait for a reader that does not read. */
const MOST_WAITING = 2 ** 20;
/** Milliseconds between two signs of life on a stream. */
const BEAT = 15_000;

/** `/v1/events`: as they come by server-sent events, by a long poll, or what is known. */
export function serveEvents(app: FastifyInstance, service: WatchService): void {
  let open = 0;
  const gauge = () => service.metrics.set("zkmargin_event_streams", open);
  const since = (after: string | undefined): readonly EventView[] => {
    const events = service.watched.chain?.events ?? [];
    return after === undefined ? events : events.filter(({ id }) => isAfter(id, after));
  };
  app.get(
    "/v1/events",
    {
      schema: {
        summary:
          "Events of the chain. With Accept: text/event-stream as they come; else those after an id, at once or by a long poll.",
        querystring: {
          type: "object",
          additionalProperties: false,
          properties: {
            after: {
              type: "string",
              pattern: "^\\d{1,15}-\\d{1,9}$",
              description: "Id of the last event that is known.",
            },
            wait: {
              type: "integer",
              minimum: 0,
              maximum: LONGEST_WAIT,
              description: "Seconds to wait for one.",
            },
            limit: { type: "integer", minimum: 1, maximum: PAGE.events[1] },
          },
        },
        response: { 200: ANSWERS.events, "4xx": ANSWERS.error },
      },
    },
    async (request, reply) => {
      const { after, wait = 0 } = request.query as { after?: string; wait?: number };
      const limit = limitOf(request, "events");
      const asStream = /\btext\/event-stream\b/.test(request.headers.accept ?? "");
      if ((asStream || wait > 0) && open >= MOST_STREAMS)
        return reply.code(429).send(failure("TooMany", `expected at most ${MOST_STREAMS} readers, got more`));
      if (asStream) {
        const last = request.headers["last-event-id"];
        stream(reply, typeof last === "string" && /^\d{1,15}-\d{1,9}$/.test(last) ? last : after);
        return reply;
      }
      if (wait > 0 && since(after).length === 0) {
        open++;
        gauge();
        await new Promise<void>((resolve) => {
          const done = () => {
            clearTimeout(timer);
            stop();
            resolve();
          };
          const timer = setTimeout(done, wait * 1_000);
          const stop = service.follow(({ events }) => events.length > 0 && done());
          request.raw.once("close", done);
        });
        open--;
        gauge();
      }
      return { ...asOf(service), events: since(after).slice(-limit) };
    },
  );

  const stream = (reply: FastifyReply, after: string | undefined) => {
    reply.hijack();
    const { raw } = reply;
    const headers = Object.fromEntries(
      Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]),
    );
    raw.writeHead(200, { ...headers, "content-type": "text/event-stream", connection: "keep-alive" });
    const send = (event: string, data: unknown, id?: string) => {
      // A reader that does not read is let go.
      if (raw.writableLength > MOST_WAITING) return raw.destroy();
      return raw.write(
        `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
      );
    };
    const known = after === undefined ? [] : since(after);
    for (const one of known) send("chain", one, one.id);
    send("tick", { version: service.version, ...asOf(service) });
    const stop = service.follow(({ events, version, reset }) => {
      if (reset) send("reset", { version });
      for (const one of events) send("chain", one, one.id);
      send("tick", { version, ...asOf(service) });
    });
    const beat = setInterval(() => raw.write(": \n\n"), BEAT);
    open++;
    gauge();
    raw.once("close", () => {
      clearInterval(beat);
      stop();
      open--;
      gauge();
    });
  };
}
