// Calls a pawld with Connect's own client, as a program in JavaScript would:
//
//   node client.mjs node|web URL DESCRIPTORS
//
// "node" is the transport for servers, "web" the one for browsers. Each line on
// standard input is a call, each on standard output what came of it. Messages
// are in protobuf's binary form there, so that the test compares what the
// client has made of the JSON, whatever the field's type.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import { createFileRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { ConnectError, createClient } from "@connectrpc/connect";
import * as node from "@connectrpc/connect-node";
import * as web from "@connectrpc/connect-web";

const [kind, baseUrl, descriptors] = process.argv.slice(2);
const registry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)),
);
const transport = {
  node: () =>
    node.createConnectTransport({
      baseUrl,
      httpVersion: "1.1",
      useBinaryFormat: false,
    }),
  web: () => web.createConnectTransport({ baseUrl, useBinaryFormat: false }),
}[kind]();

const toBase64 = (schema, message) =>
  Buffer.from(toBinary(schema, message)).toString("base64");
const fromBase64 = (schema, text) =>
  fromBinary(schema, Buffer.from(text, "base64"));

async function call({ service, method, request, headers, timeoutMs }) {
  const description = registry.getService(service);
  const { localName, input, output } = description.methods.find(
    ({ name }) => name === method,
  );
  const client = createClient(description, transport);
  try {
    const answer = await client[localName](fromBase64(input, request), {
      headers,
      timeoutMs,
    });
    return { answer: toBase64(output, answer) };
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    const schema = registry.getMessage("pawl.v1.CallError");
    return {
      code: error.code,
      message: error.rawMessage,
      metadata: [...error.metadata],
      details: error.findDetails(schema).map((it) => toBase64(schema, it)),
    };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await call(JSON.parse(line))));
}
