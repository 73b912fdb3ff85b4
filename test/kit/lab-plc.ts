/**
 * What stands in the plant of the segmentation lab: a Modbus device that people are granted, and a
 * web server that nobody is. Prints each write that it hears, and each turn of the plant's own loop,
 * which reads the device as a control room would.
 *
 *     node lab-plc.ts ADDRESS MODBUS_PORT WEB_PORT
 */
import { createServer } from "node:http";
import modbus, { ServerTCP } from "modbus-serial";

const [address = "127.0.0.1", modbusPort = "0", webPort = "0"] = process.argv.slice(2);

const device = new ServerTCP(
  {
    getHoldingRegister: (register: number) => register,
    setRegister: (register: number, value: number) => {
      process.stdout.write(`write ${register} ${value}\n`);
    },
  },
  { host: address, port: Number(modbusPort), unitID: 1 },
);
device.on("initialized", () => {
  const web = createServer((_request, response) => response.end("the plant's own page"));
  web.listen(Number(webPort), address, () => {
    process.stdout.write("listening\n");
    void runLoop();
  });
});
device.on("socketError", () => undefined);

const LOOP_MS = 200;

async function runLoop(): Promise<void> {
  const client = new modbus.default();
  await client.connectTCP(address, { port: Number(modbusPort) });
  client.setID(1);
  for (let turn = 1; ; turn += 1) {
    await client.readHoldingRegisters(1, 1);
    process.stdout.write(`loop ${turn}\n`);
    await new Promise((resolve) => setTimeout(resolve, LOOP_MS));
  }
}
