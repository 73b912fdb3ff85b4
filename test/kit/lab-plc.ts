/**
 * What stands in the plant of the segmentation lab: a Modbus device that people are granted, and a
 * web server that nobody is. Prints each write that it hears.
 *
 *     node lab-plc.ts ADDRESS MODBUS_PORT WEB_PORT
 */
import { createServer } from "node:http";
import { ServerTCP } from "modbus-serial";

const [address = "127.0.0.1", modbusPort = "0", webPort = "0"] = process.argv.slice(2);

const modbus = new ServerTCP(
  {
    getHoldingRegister: (register: number) => register,
    setRegister: (register: number, value: number) => {
      process.stdout.write(`write ${register} ${value}\n`);
    },
  },
  { host: address, port: Number(modbusPort), unitID: 1 },
);
modbus.on("initialized", () => {
  const web = createServer((_request, response) => response.end("the plant's own page"));
  web.listen(Number(webPort), address, () => process.stdout.write("listening\n"));
});
modbus.on("socketError", () => undefined);
