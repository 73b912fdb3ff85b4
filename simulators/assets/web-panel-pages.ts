/** Pages of the simulated web panel: HTML as panels of 2004 serve it, frames and all. */
import type { WaterPlant } from "../process/water-plant.ts";

/** @param own `http://host:port`, as the panel believes it is called: its links are absolute */
export function framesPage(own: string): string {
  return `<HTML><HEAD><TITLE>WATERWORKS NORD - PANEL 1</TITLE></HEAD>
<FRAMESET COLS="190,*" BORDER=1>
<FRAME NAME="menu" SRC="${own}/menu.html">
<FRAME NAME="main" SRC="/overview.html">
<NOFRAMES><BODY>This panel needs frames. <A HREF="/overview.html">Overview</A></BODY></NOFRAMES>
</FRAMESET></HTML>`;
}

const STYLE = `<LINK REL=stylesheet HREF="/panel.css">`;

export function menuPage(own: string): string {
  const link = (path: string, text: string) =>
    `<P><A HREF="${own}${path}" TARGET="main">${text}</A></P>`;
  return `<HTML><HEAD>${STYLE}</HEAD><BODY CLASS=menu><H3>Panel 1</H3>
${link("/overview.html", "Overview")}
${link("/pump.html", "Raw water pump")}
${link("/report.html", "Report")}
<P><A HREF="/goto.cgi?url=http://www.example.com/" TARGET="main">Maker's site</A></P>
</BODY></HTML>`;
}

export function overviewPage({ measured, alarms }: WaterPlant): string {
  const row = (name: string, id: string, value: number, unit: string) =>
    `<TR><TD>${name}</TD><TD ID="${id}" ALIGN=right>${value.toFixed(2)}</TD><TD>${unit}</TD></TR>`;
  return `<HTML><HEAD><TITLE>Overview</TITLE>${STYLE}</HEAD><BODY>
<H2>Overview</H2>
<TABLE BORDER=1 CELLPADDING=4>
${row("Raw tank T101", "level", measured.t101Level, "m")}
${row("Raw water pump P101", "speed", measured.p101Speed, "Hz")}
${row("Network pressure", "pressure", measured.pressure, "bar")}
${row("Chlorine", "chlorine", measured.chlorine, "mg/l")}
</TABLE>
<P>High level alarm: <B>${alarms.t101High ? "ALARM" : "normal"}</B>
<P ID="live">connecting ...</P>
<SCRIPT SRC="/live.js"></SCRIPT>
</BODY></HTML>`;
}

export function pumpPage({ switches, setpoints, measured }: WaterPlant): string {
  return `<HTML><HEAD><TITLE>Raw water pump</TITLE>${STYLE}</HEAD><BODY>
<H2>Raw water pump P101</H2>
<P>State: <B ID="state">${switches.p101Run ? "running" : "stopped"}</B>,
speed ${measured.p101Speed.toFixed(1)} Hz, setpoint <B ID="setpoint">${setpoints.p101Speed.toFixed(1)}</B> Hz
<P><A ID="start" HREF="/pump.cgi?P101=start">START</A> &nbsp;
<A ID="stop" HREF="/pump.cgi?P101=stop">STOP</A>
<FORM METHOD=POST ACTION="/setpoint.cgi">
Speed <INPUT NAME="speed" ID="speed" SIZE=5 VALUE="${setpoints.p101Speed.toFixed(1)}"> Hz
<INPUT TYPE=submit ID="set" VALUE="Set">
</FORM>
</BODY></HTML>`;
}

export function reportPage(): string {
  return `<HTML><HEAD>${STYLE}</HEAD><BODY><H2>Report</H2>
<P><A ID="csv" HREF="/report.csv">Values of today</A>
<FORM METHOD=POST ACTION="/recipe.cgi" ENCTYPE="multipart/form-data">
Recipe <INPUT TYPE=file NAME="recipe" ID="recipe"> <INPUT TYPE=submit ID="upload" VALUE="Load">
</FORM></BODY></HTML>`;
}

export const CSS = `body{font-family:Verdana,Arial,sans-serif;font-size:13px;background:#d4d0c8;color:#000}
body.menu{background:#003366;color:#fff}body.menu a{color:#ffcc00}table{background:#fff}`;

/** The old way to a live value: the address is put together from where the page came from. */
export const LIVE_SCRIPT = `var s = new WebSocket((location.protocol=="https:"?"wss://":"ws://") + location.host + "/live");
s.onmessage = function(e) {
  var v = JSON.parse(e.data);
  document.getElementById("level").innerHTML = v.level.toFixed(2);
  document.getElementById("speed").innerHTML = v.speed.toFixed(2);
  document.getElementById("pressure").innerHTML = v.pressure.toFixed(2);
  document.getElementById("live").innerHTML = "live, second " + v.seconds;
};
s.onopen = function() { s.send("watch overview"); };
s.onclose = function() { document.getElementById("live").innerHTML = "no live values"; };
`;
