import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.siddhi.core.SiddhiAppRuntime;
import io.siddhi.core.SiddhiManager;
import io.siddhi.core.event.Event;
import io.siddhi.core.query.QueryRuntime;
import io.siddhi.core.query.QueryRuntimeImpl;
import io.siddhi.core.query.output.ratelimit.OutputRateLimiter;
import io.siddhi.core.stream.input.InputHandler;
import io.siddhi.core.stream.output.StreamCallback;
import io.siddhi.core.util.snapshot.state.StateHolder;
import io.siddhi.query.api.definition.Attribute;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Siddhi under one workload of workloads.json, told what to do line by line on standard input; each command is answered
 * by one line of JSON on standard output.
 *
 * <pre>
 *   run N      feeds the next N events and reads all outputs: events, seconds, cpu, outputs, checksum
 *   check N    the same with the strict checksum, which sees the order and every byte; not for timing
 *   heap       bytes of the heap in use after a full collection
 *   quit
 * </pre>
 *
 * The events, their order and both checksums are those of src/feed.rs and src/sink.rs, bit for bit. State is kept from command to
 * command, so both sides must be given the same commands.
 */
public final class SiddhiPeer {
    static final long GOLDEN = 0x9E3779B97F4A7C15L;
    static final long SEED = 20130101L;
    static final long START = 1_700_000_000_000L;
    static final int POOL = 8000;
    static final int SEQUENCE = 1 << 22;
    static final long NULL_BITS = 0x6E756C6CL;

    public static void main(String[] args) throws Exception {
        if (args.length != 2) {
            System.err.println("usage: SiddhiPeer workloads.json WORKLOAD < commands");
            System.exit(2);
        }
        PrintStream answers = System.out;
        System.setOut(System.err); // whatever the engine prints must not look like an answer
        Path table = Path.of(args[0]);
        Workload work = Workload.find(table, args[1]);
        String app = work.expand(Files.readString(table.resolveSibling(work.app + ".siddhi")));

        SiddhiManager manager = new SiddhiManager();
        SiddhiAppRuntime runtime = manager.createSiddhiAppRuntime(app);
        Sink[] sinks = new Sink[work.outputs.length];
        for (int i = 0; i < sinks.length; i++) {
            sinks[i] = new Sink(runtime.getStreamDefinitionMap().get(work.outputs[i]).getAttributeList());
            runtime.addCallback(work.outputs[i], sinks[i]);
        }
        InputHandler[] inputs = new InputHandler[work.streams.length];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = runtime.getInputHandler(work.streams[i]);
        }
        runtime.start();
        long start = start(runtime);
        InputHandler loader = work.loadInto == null ? null : runtime.getInputHandler(work.loadInto);
        Feed feed = new Feed(work, inputs, loader, start);

        JsonObject ready = new JsonObject();
        ready.addProperty("peer", jar(SiddhiManager.class));
        ready.addProperty("runtime", System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"));
        ready.addProperty("arguments", String.join(" ", ManagementFactory.getRuntimeMXBean().getInputArguments()));
        ready.addProperty("start", start);
        answers.println(new Gson().toJson(ready));

        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = commands.readLine()) != null && !line.equals("quit"); ) {
            String[] words = line.trim().split(" ");
            JsonObject answer = new JsonObject();
            switch (words[0]) {
                case "run" -> measure(feed, sinks, Long.parseLong(words[1]), false, answer);
                case "check" -> measure(feed, sinks, Long.parseLong(words[1]), true, answer);
                case "heap" -> answer.addProperty("heap", heap());
                default -> answer.addProperty("error", "no such command: " + line);
            }
            answers.println(new Gson().toJson(answer));
        }
        runtime.shutdown();
        manager.shutdown();
        System.exit(0);
    }

    /** Name and version of the engine, as its file is called. */
    static String jar(Class<?> inside) {
        Path file = Path.of(inside.getProtectionDomain().getCodeSource().getLocation().getPath());
        return file.getFileName().toString().replace(".jar", "");
    }

    /**
     * The event time of the first event. A limiter by time counts its intervals from the wall clock at start, in playback too, and
     * gives no way to ask for it: events then begin where its first interval ends, and intervals are those of event time.
     */
    static long start(SiddhiAppRuntime runtime) throws ReflectiveOperationException {
        for (QueryRuntime query : runtime.getQueries()) {
            OutputRateLimiter<?> limiter = ((QueryRuntimeImpl) query).getOutputRateManager();
            if (!limiter.getClass().getPackageName().endsWith(".ratelimit.time")) {
                continue;
            }
            Field holder = OutputRateLimiter.class.getDeclaredField("stateHolder");
            holder.setAccessible(true);
            Object state = ((StateHolder<?>) holder.get(limiter)).getState();
            Field due = state.getClass().getDeclaredField("scheduledTime");
            due.setAccessible(true);
            return due.getLong(state);
        }
        return START;
    }

    static void measure(Feed feed, Sink[] sinks, long events, boolean strict, JsonObject answer) throws Exception {
        for (Sink sink : sinks) {
            sink.begin(strict);
        }
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long cpu = system.getProcessCpuTime();
        long began = System.nanoTime();
        feed.send(events);
        long took = System.nanoTime() - began;
        cpu = system.getProcessCpuTime() - cpu;
        long outputs = 0;
        long checksum = 0;
        for (int i = 0; i < sinks.length; i++) {
            outputs += sinks[i].rows;
            checksum += (strict ? sinks[i].strictSum : sinks[i].sum) * (2L * i + 1);
        }
        answer.addProperty("events", events);
        answer.addProperty("seconds", took / 1e9);
        answer.addProperty("cpu", cpu / 1e9);
        answer.addProperty("outputs", outputs);
        answer.addProperty("checksum", String.format("%016x", checksum));
    }

    static long heap() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            System.gc();
            Thread.sleep(50);
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /** A row of the table. */
    static final class Workload {
        String app;
        String mode;
        String[] streams;
        String[] outputs;
        int array;
        int keys;
        boolean zipf;
        long perMillisecond;
        Integer volume;
        int copies;
        boolean wide;
        long load;
        String loadInto;

        /** The text with each line that has {n} in it copied: {n} is the copy's number in seven digits, {p} a price. */
        String expand(String text) {
            StringBuilder all = new StringBuilder();
            for (String line : text.split("\n")) {
                for (int i = 0; i < (line.contains("{n}") ? copies : 1); i++) {
                    String price = Integer.toString(20 + i * 37 % 160);
                    all.append(line.replace("{n}", String.format("%07d", i)).replace("{p}", price)).append('\n');
                }
            }
            return all.toString();
        }

        static Workload find(Path table, String name) throws Exception {
            JsonObject root = JsonParser.parseString(Files.readString(table)).getAsJsonObject();
            JsonArray rows = root.getAsJsonArray("workloads");
            rows.add(root.get("memory"));
            for (JsonElement row : rows) {
                JsonObject o = row.getAsJsonObject();
                if (o.get("name").getAsString().equals(name)) {
                    return new Workload(o);
                }
            }
            throw new IllegalArgumentException("no workload " + name + " in " + table);
        }

        Workload(JsonObject o) {
            app = o.get("app").getAsString();
            mode = o.get("mode").getAsString();
            streams = strings(o, "streams", "S");
            outputs = strings(o, "outputs", "Out");
            array = o.has("array") ? o.get("array").getAsInt() : 1;
            keys = o.has("keys") ? o.get("keys").getAsInt() : 4;
            zipf = o.has("zipf") && o.get("zipf").getAsBoolean();
            perMillisecond = o.has("per_ms") ? o.get("per_ms").getAsLong() : 1000;
            volume = o.has("volume") ? o.get("volume").getAsInt() : null;
            wide = o.has("wide") && o.get("wide").getAsBoolean();
            copies = o.has("copies") ? o.get("copies").getAsInt() : 1;
            load = o.has("load") ? o.get("load").getAsLong() : 0;
            loadInto = o.has("load_into") ? o.get("load_into").getAsString() : null;
        }

        static String[] strings(JsonObject o, String field, String otherwise) {
            if (!o.has(field)) {
                return new String[] {otherwise};
            }
            List<JsonElement> items = o.getAsJsonArray(field).asList();
            return items.stream().map(JsonElement::getAsString).toArray(String[]::new);
        }
    }

    /** SplitMix64. */
    static final class Random {
        long state;

        Random(long seed) {
            state = seed;
        }

        long next() {
            state += GOLDEN;
            long z = state;
            z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
            z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
            return z ^ (z >>> 31);
        }

        long below(long n) {
            return (next() >>> 11) % n;
        }
    }

    /** The events: a pool of rows sent round and round, with a timestamp each and, of many keys, the symbol of a longer sequence. */
    static final class Feed {
        InputHandler[] inputs;
        /** What gets the events up to this one instead. */
        final InputHandler loader;
        long load;
        final Object[][] pool = new Object[POOL][];
        final Event[][] arrays;
        final String[] sequence;
        final long perMillisecond;
        long now;
        long left;
        long sent;

        Feed(Workload work, InputHandler[] inputs, InputHandler loader, long start) {
            this.inputs = inputs;
            this.loader = loader;
            load = work.load;
            now = start;
            perMillisecond = work.perMillisecond;
            left = perMillisecond;
            Random random = new Random(SEED);
            for (int i = 0; i < POOL; i++) {
                double price = random.below(20000) / 100.0;
                int volume = 1 + (int) random.below(1000);
                long t = random.next() >>> 24;
                boolean flag = random.next() < 0;
                String symbol = key((int) random.below(work.keys));
                pool[i] = new Object[] {symbol, price, work.volume == null ? volume : work.volume, t, flag};
            }
            for (int i = 0; work.wide && i < POOL; i++) {
                Object[] row = java.util.Arrays.copyOf(pool[i], 8);
                row[5] = random.below(4) == 0 ? null : key((int) random.below(100));
                row[6] = random.below(2) == 0 ? null : key((int) random.below(10));
                row[7] = random.below(8) == 0 ? null : (Object) (int) random.below(1000);
                pool[i] = row;
            }
            sequence = work.keys > 16 ? sequence(work) : null;
            arrays = work.mode.equals("array") ? arrays(work.array) : null;
        }

        /** A string of its own each time, as a source would make it; so those of a sequence lie one after the other. */
        static String key(int number) {
            byte[] text = {'k', 'e', 'y', '0', '0', '0', '0', '0', '0', '0'};
            for (int i = 9, rest = number; rest > 0; i--, rest /= 10) {
                text[i] += (byte) (rest % 10);
            }
            return new String(text, StandardCharsets.ISO_8859_1);
        }

        Event[][] arrays(int rows) {
            if (sequence != null || POOL % rows != 0) {
                throw new IllegalArgumentException("arrays must divide the pool of " + POOL + " rows and have few keys");
            }
            Event[][] arrays = new Event[POOL / rows][rows];
            for (int i = 0; i < POOL; i++) {
                arrays[i / rows][i % rows] = new Event(0, pool[i]);
            }
            return arrays;
        }

        /** The symbol of each event. Zipf's weights come from the four operations alone, so both sides get the same. */
        static String[] sequence(Workload work) {
            int n = work.keys;
            Random random = new Random(SEED ^ 0x5EED);
            String[] sequence = new String[SEQUENCE];
            if (!work.zipf) {
                for (int i = 0; i < SEQUENCE; i++) {
                    sequence[i] = key((int) random.below(n));
                }
                return sequence;
            }
            double[] upTo = new double[n];
            double sum = 0;
            double root = 1; // of degree ten, by Newton's method from the one before
            for (int i = 0; i < n; i++) {
                double k = i + 1;
                for (int step = 0; step < 4; step++) {
                    double square = root * root;
                    double eighth = (square * square) * (square * square);
                    double ninth = eighth * root;
                    root = root - (ninth * root - k) / (10.0 * ninth);
                }
                sum += 1.0 / (k * root);
                upTo[i] = sum;
            }
            for (int i = 0; i < SEQUENCE; i++) {
                double at = (random.next() >>> 11) * 0x1.0p-53 * sum;
                int low = 0;
                int high = n - 1;
                while (low < high) {
                    int middle = (low + high) >>> 1;
                    if (upTo[middle] > at) {
                        high = middle;
                    } else {
                        low = middle + 1;
                    }
                }
                sequence[i] = key(low);
            }
            return sequence;
        }

        void send(long events) throws InterruptedException {
            long end = sent + events;
            if (sent < load) {
                long all = load;
                InputHandler[] streams = inputs;
                inputs = new InputHandler[] {loader};
                load = 0;
                send(Math.min(end, all) - sent);
                inputs = streams;
                load = all;
                if (sent == end) {
                    return;
                }
            }
            if (arrays != null) {
                sendArrays(end);
            } else if (inputs.length > 1) {
                sendInTurn(end);
            } else if (sequence != null) {
                sendKeyed(end);
            } else {
                sendSingle(end);
            }
            sent = end;
        }

        void sendArrays(long end) throws InterruptedException {
            int rows = arrays[0].length;
            for (long i = sent; i < end; i += rows) {
                Event[] array = arrays[(int) (i / rows % arrays.length)];
                for (int j = 0; j < rows; j++) {
                    array[j].setTimestamp(stamp());
                }
                inputs[0].send(array);
            }
        }

        void sendSingle(long end) throws InterruptedException {
            InputHandler input = inputs[0];
            int at = (int) (sent % POOL);
            for (long i = sent; i < end; i++) {
                input.send(stamp(), pool[at]);
                at = at + 1 == POOL ? 0 : at + 1;
            }
        }

        void sendInTurn(long end) throws InterruptedException {
            int at = (int) (sent % POOL);
            int turn = (int) (sent % inputs.length);
            for (long i = sent; i < end; i++) {
                Object[] row = pool[at];
                if (sequence != null) {
                    row[0] = sequence[(int) (i & (SEQUENCE - 1))];
                }
                inputs[turn].send(stamp(), row);
                at = at + 1 == POOL ? 0 : at + 1;
                turn = turn + 1 == inputs.length ? 0 : turn + 1;
            }
        }

        void sendKeyed(long end) throws InterruptedException {
            InputHandler input = inputs[0];
            int at = (int) (sent % POOL);
            for (long i = sent; i < end; i++) {
                Object[] row = pool[at];
                row[0] = sequence[(int) (i & (SEQUENCE - 1))];
                input.send(stamp(), row);
                at = at + 1 == POOL ? 0 : at + 1;
            }
        }

        /** The event time of the next event. */
        long stamp() {
            if (left == 0) {
                left = perMillisecond;
                now++;
            }
            left--;
            return now;
        }
    }

    /** Reads every value of every output. */
    static final class Sink extends StreamCallback {
        final Attribute.Type[] types;
        final long[] factors;
        boolean strict;
        long rows;
        long sum;
        long strictSum;

        Sink(List<Attribute> attributes) {
            types = attributes.stream().map(Attribute::getType).toArray(Attribute.Type[]::new);
            factors = new long[types.length];
            for (int c = 0; c < factors.length; c++) {
                factors[c] = GOLDEN * (c + 1) | 1;
            }
        }

        void begin(boolean strict) {
            this.strict = strict;
            rows = 0;
            sum = 0;
            strictSum = 0;
        }

        @Override
        public void receive(Event[] events) {
            rows += events.length;
            if (strict) {
                receiveStrictly(events);
                return;
            }
            long sum = 0;
            for (Event event : events) {
                sum += event.getTimestamp();
                Object[] data = event.getData();
                for (int c = 0; c < data.length; c++) {
                    Object value = data[c];
                    long bits;
                    if (value == null) {
                        bits = NULL_BITS;
                    } else {
                        bits = switch (types[c]) {
                            case STRING -> brief((String) value);
                            case DOUBLE -> Double.doubleToRawLongBits((Double) value);
                            case LONG -> (Long) value;
                            case INT -> (Integer) value;
                            case BOOL -> (Boolean) value ? 1 : 0;
                            case FLOAT -> Float.floatToRawIntBits((Float) value);
                            default -> throw new IllegalStateException("an output of type " + types[c]);
                        };
                    }
                    sum += bits * factors[c];
                }
            }
            this.sum += sum;
        }

        /** Length and first byte: as little as shows that the string was looked at. */
        static long brief(String s) {
            return s.isEmpty() ? 0 : s.length() + 256L * s.charAt(0);
        }

        void receiveStrictly(Event[] events) {
            long h = strictSum;
            for (Event event : events) {
                h = mix(h ^ event.getTimestamp());
                Object[] data = event.getData();
                for (int c = 0; c < data.length; c++) {
                    h = mix(h ^ allBits(data[c], types[c]));
                }
            }
            strictSum = h;
        }

        static long allBits(Object value, Attribute.Type type) {
            if (value == null) {
                return NULL_BITS;
            }
            return switch (type) {
                case STRING -> {
                    long h = 0;
                    for (byte b : ((String) value).getBytes(StandardCharsets.UTF_8)) {
                        h = mix(h ^ b);
                    }
                    yield h;
                }
                case DOUBLE -> Double.doubleToRawLongBits((Double) value);
                case LONG -> (Long) value;
                case INT -> (Integer) value;
                case BOOL -> (Boolean) value ? 1 : 0;
                case FLOAT -> Float.floatToRawIntBits((Float) value);
                default -> throw new IllegalStateException("an output of type " + type);
            };
        }

        static long mix(long x) {
            long y = (x ^ (x >>> 32)) * GOLDEN;
            return y ^ (y >>> 29);
        }
    }
}
