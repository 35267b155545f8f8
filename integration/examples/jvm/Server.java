import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** A small HTTP server. It passes on the application's response for the same path. */
class Server {
    public static void main(String[] arguments) throws IOException, InterruptedException {
        var listener = new ServerSocket(8080);
        var clients = Executors.newCachedThreadPool();
        var main = Thread.currentThread();
        // At SIGTERM the server takes no new client, and the virtual machine waits until main has ended.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                listener.close();
                main.join();
            } catch (IOException | InterruptedException problem) {
                System.err.println(problem);
            }
        }));

        try {
            while (true) {
                var client = listener.accept();
                clients.execute(() -> serve(client));
            }
        } catch (SocketException closed) {
            // Engines have their own limit, `podman stop --time`, which should be longer.
            clients.shutdown();
            clients.awaitTermination(60, TimeUnit.SECONDS);
        }
    }

    static void serve(Socket client) {
        try (client) {
            var request = new BufferedReader(new InputStreamReader(client.getInputStream()));
            var line = request.readLine();
            if (line == null) {
                return;
            }
            var path = line.split(" ")[1];
            while (!request.readLine().isEmpty()) {
            }
            var response = client.getOutputStream();
            if (path.equals("/health")) {
                response.write("HTTP/1.0 204 No Content\r\n\r\n".getBytes());
                return;
            }
            try (var application = URI.create("http://127.0.0.1:3000" + path).toURL().openStream()) {
                var content = application.readAllBytes();
                response.write(("HTTP/1.0 200 OK\r\nContent-Length: " + content.length + "\r\n\r\n").getBytes());
                response.write(content);
            }
        } catch (IOException problem) {
            System.err.println(problem);
        }
    }
}
