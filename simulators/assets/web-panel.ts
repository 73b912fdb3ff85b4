/**
 * A web panel of the works, as awkward as old ones are: basic authentication, frames, absolute
 * links to itself, a pump that a GET starts, a redirect to anywhere, values over a WebSocket.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import type { Setpoints, Switches, WaterPlant } from "../process/water-plant.ts";
import {
  CSS,
  framesPage,
  LIVE_SCRIPT,
  menuPage,
  overviewPage,
  pumpPage,
  reportPage,
} from "./web-panel-pages.ts";

export interface WebPanel {
  readonly port: number;
  /** What it was asked, as `GET /path?query`, the latest last. For assertions. */
  readonly asked: readonly string[];
  /** Messages that clients sent on `/live`. */
  readonly said: readonly string[];
  /** Fields of the latest request. */
  readonly headers: IncomingMessage["headers"];
  /** The process with what people asked for since the last time. */
  command(plant: WaterPlant): WaterPlant;
  show(plant: WaterPlant): void;
  close(): Promise<void>;
}

/** What it is signed in to with. Known to everybody: it is a toy. */
export const WEB_PANEL_LOGIN = { user: "operator", password: "waterworks" } as const;

const HOST = "127.0.0.1";
const ASKED_MAX = 1_000;
const FORM_BYTES_MAX = 1_048_576;
const LIVE_EVERY_MS = 500;

/** Rejects with the system's error where the port is taken. */
export async function startWebPanel(port: number, plant: WaterPlant): Promise<WebPanel> {
  const panel = new Panel(plant);
  await panel.listen(port);
  return panel;
}

class Panel implements WebPanel {
  readonly asked: string[] = [];
  readonly said: string[] = [];
  headers: IncomingMessage["headers"] = {};
  private readonly server = createServer((request, response) => this.came(request, response));
  private readonly sockets = new WebSocketServer({ noServer: true, maxPayload: 4_096 });
  private readonly timer: NodeJS.Timeout;
  private plant: WaterPlant;
  private setpoints: Partial<Setpoints> = {};
  private switches: Partial<Switches> = {};

  constructor(plant: WaterPlant) {
    this.plant = plant;
    this.timer = setInterval(() => this.tell(), LIVE_EVERY_MS).unref();
    this.server.on("upgrade", (request, socket, head) => {
      if (!isSignedIn(request) || request.url !== "/live") {
        socket.end("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
        return;
      }
      this.sockets.handleUpgrade(request, socket, head, (client) => {
        client.on("message", (text) => void this.said.push(String(text)));
      });
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** With what was asked for and is about to be taken up. */
  private get now(): WaterPlant {
    const { plant, setpoints, switches } = this;
    return {
      ...plant,
      setpoints: { ...plant.setpoints, ...setpoints },
      switches: { ...plant.switches, ...switches },
    };
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(port, HOST, resolve);
    });
  }

  command(plant: WaterPlant): WaterPlant {
    const { setpoints, switches } = this;
    this.setpoints = {};
    this.switches = {};
    return {
      ...plant,
      setpoints: { ...plant.setpoints, ...setpoints },
      switches: { ...plant.switches, ...switches },
    };
  }

  show(plant: WaterPlant): void {
    this.plant = plant;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    for (const client of this.sockets.clients) client.terminate();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private tell(): void {
    const { seconds, measured } = this.plant;
    const { t101Level: level, p101Speed: speed, pressure } = measured;
    const text = JSON.stringify({ seconds: Math.round(seconds), level, speed, pressure });
    for (const client of this.sockets.clients) client.send(text);
  }

  private came(request: IncomingMessage, response: ServerResponse): void {
    this.asked.push(`${request.method} ${request.url}`);
    if (this.asked.length > ASKED_MAX) this.asked.shift();
    this.headers = request.headers;
    if (!isSignedIn(request)) {
      response.writeHead(401, { "WWW-Authenticate": 'Basic realm="PANEL 1"' });
      response.end("<H1>401 Unauthorized</H1>");
      return;
    }
    response.setHeader("Server", "GoAhead-Webs");
    response.setHeader("Set-Cookie", "PANELSESSION=71f0a; Path=/");
    this.route(request, response, new URL(request.url ?? "/", "http://panel"));
  }

  private route(request: IncomingMessage, response: ServerResponse, url: URL) {
    const own = `http://${request.headers.host}`;
    const html = (text: string) => sent(response, "text/html", text);
    switch (url.pathname) {
      case "/":
        return html(framesPage(own));
      case "/menu.html":
        return html(menuPage(own));
      case "/overview.html":
        return html(overviewPage(this.plant));
      case "/pump.html":
        return html(pumpPage(this.now));
      case "/report.html":
        return html(reportPage());
      case "/panel.css":
        return sent(response, "text/css", CSS);
      case "/live.js":
        return sent(response, "application/javascript", LIVE_SCRIPT);
      case "/pump.cgi":
        this.switches = { ...this.switches, p101Run: url.searchParams.get("P101") === "start" };
        return moved(response, `${own}/pump.html`);
      case "/goto.cgi":
        return moved(response, url.searchParams.get("url") ?? "/");
      case "/report.csv":
        response.setHeader("Content-Disposition", 'attachment; filename="report.csv"');
        return sent(response, "text/csv", `level;${this.plant.measured.t101Level}\r\n`);
      case "/setpoint.cgi":
      case "/recipe.cgi":
        return void this.form(request, response, url.pathname, own);
      default:
        response.statusCode = 404;
        return html("<H1>404 Not Found</H1>");
    }
  }

  private async form(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    own: string,
  ): Promise<void> {
    const parts: Buffer[] = [];
    let size = 0;
    for await (const part of request) {
      size += (part as Buffer).length;
      if (size > FORM_BYTES_MAX) return void response.destroy();
      parts.push(part as Buffer);
    }
    const speed = Number(new URLSearchParams(Buffer.concat(parts).toString()).get("speed"));
    if (path === "/setpoint.cgi" && Number.isFinite(speed)) {
      this.setpoints = { ...this.setpoints, p101Speed: speed };
    }
    moved(response, `${own}/pump.html`);
  }
}

function sent(response: ServerResponse, type: string, text: string): void {
  response.setHeader("Content-Type", type);
  response.end(text);
}

function moved(response: ServerResponse, to: string): void {
  response.writeHead(302, { Location: to });
  response.end();
}

function isSignedIn({ headers }: IncomingMessage): boolean {
  const { user, password } = WEB_PANEL_LOGIN;
  const pair = Buffer.from(`${user}:${password}`).toString("base64");
  return headers.authorization === `Basic ${pair}`;
}
