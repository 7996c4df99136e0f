// llama.cpp's side of decoder.rs: how long it takes to read each of `rests` after `prefix`, which stays read.
//
//   node llama.mjs FOLDER_WITH_NODE_MODULES < exercises.json
//
// in:  {"weights", "threads", "exercises": [{"prefix", "rests": [..], "answers"}]}; texts in ChatML, and `answers` tells
//      whether a word is wanted after the last token
// out: for each exercise [{"tokens", "ms"}], one for each rest
import {createRequire} from "node:module";
import {readFileSync} from "node:fs";
import {join} from "node:path";
import {pathToFileURL} from "node:url";

const require = createRequire(join(process.argv[2], "package.json"));
const {getLlama, LlamaLogLevel} = await import(pathToFileURL(require.resolve("node-llama-cpp")));
const {weights, threads, exercises} = JSON.parse(readFileSync(0, "utf8"));

const llama = await getLlama({gpu: false, build: "never", maxThreads: threads, logLevel: LlamaLogLevel.error});
const model = await llama.loadModel({modelPath: weights});
const context = await model.createContext({contextSize: 4096, threads: {ideal: threads, min: threads}});
const sequence = context.getSequence();

async function read(tokens, answers) {
    if (!answers) return sequence.evaluateWithoutGeneratingNewTokens(tokens);
    const last = tokens[tokens.length - 1];
    const greedy = {generateNext: {token: true, options: {temperature: 0}}};
    return sequence.controlledEvaluate([...tokens.slice(0, -1), [last, greedy]]);
}

async function measure({prefix, rests, answers}) {
    const before = model.tokenize(prefix, true);
    await sequence.clearHistory();
    await read(before, false);
    const measured = [];
    for (const rest of rests) {
        const tokens = model.tokenize(rest, true);
        const began = performance.now();
        await read(tokens, answers);
        measured.push({tokens: tokens.length, ms: performance.now() - began});
        await sequence.eraseContextTokenRanges([{start: before.length, end: sequence.nextTokenIndex}]);
        if (sequence.nextTokenIndex !== before.length) throw new Error("the prefix was not kept");
    }
    return measured;
}

await measure(exercises[0]); // touches every weight once
const measured = [];
for (const exercise of exercises) measured.push(await measure(exercise));
console.log(JSON.stringify(measured));
process.exit(0);
